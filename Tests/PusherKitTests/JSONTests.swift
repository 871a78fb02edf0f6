import Testing

@testable import PusherKit

@Suite("JSON that a pusher reads")
struct JSONTests {
    private func json(_ text: String) throws -> JSONValue { try SecretBytes(text).json() }

    /// What reading says.
    private func complaint<Value: JSONReadable>(_ text: String, _ type: Value.Type) -> String? {
        do throws(JSONMismatch) {
            _ = try Value(json: try SecretBytes(text).json())
            return nil
        } catch { return error.description }
    }

    private enum Action: String, JSONReadable { case push, check }

    private struct Target: JSONReadable, Equatable {
        var path: String
        var mount: String
        var count: Int?
        var isMasked: Bool?
        var actions: [Action]
        var labels: [String: String]?
        var inner: [Inner]?

        struct Inner: JSONReadable, Equatable {
            var id: PlaceName

            init(json fields: JSONValue) throws(JSONMismatch) { id = try fields.value("id") }
        }

        init(json fields: JSONValue) throws(JSONMismatch) {
            path = try fields.value("path")
            mount = try fields.optional("mount") ?? "secret"
            count = try fields.optional("count")
            isMasked = try fields.optional("masked")
            actions = try fields.optional("actions") ?? [.push]
            labels = try fields.optional("labels")
            inner = try fields.optional("inner")
            if path.hasPrefix("/") { throw fields.wrong("path", "begins with a slash") }
        }
    }

    @Test("is read by the type that is wanted")
    func types() throws {
        let target = try Target(
            json: json(
                #"""
                {"path": "a\u0041\u0000\ud83d\ude00", "count": 7, "masked": false, "actions": ["check", "push"],
                 "labels": {"b": "c"}, "inner": [{"id": 12}, {"id": "x/y"}]}
                """#))
        #expect(target.path == "aA\0😀" && target.mount == "secret" && target.count == 7 && target.isMasked == false)
        #expect(target.actions == [.check, .push] && target.labels == ["b": "c"])
        #expect(target.inner?.map { $0.id.text } == ["12", "x/y"])
        let bare = try Target(json: json(#"{"path":"p","mount":null,"count":null}"#))
        #expect(bare.mount == "secret" && bare.count == nil && bare.actions == [.push] && bare.inner == nil)
    }

    @Test(
        "is complained about by the field's path, without its value",
        arguments: [
            (#"{}"#, "path is missing"), (#"{"path":7}"#, "path has the wrong type"),
            (#"{"path":null}"#, "path has the wrong type"), (#"[]"#, "not a JSON object"),
            (#"{"path":"a","count":"7"}"#, "count has the wrong type"),
            (#"{"path":"a","count":1.5}"#, "count has the wrong type"),
            (#"{"path":"a","masked":1}"#, "masked has the wrong type"),
            (#"{"path":"a","actions":["push","ABC"]}"#, "actions[1]: not one of the values allowed"),
            (#"{"path":"a","labels":{"x":[]}}"#, "labels.x has the wrong type"),
            (#"{"path":"a","inner":[{"id":1},{}]}"#, "inner[1].id is missing"),
            (#"{"path":"a","inner":[{"id":true}]}"#, "inner[0].id has the wrong type"),
            (#"{"path":"/a"}"#, "path: begins with a slash"),
        ])
    func complaints(text: String, complaint: String) {
        #expect(self.complaint(text, Target.self) == complaint)
    }

    @Test(
        "is refused where RFC 8259 does not allow it, or where readers differ, and the complaint repeats nothing of it",
        arguments: [
            "", " ", "{", "[1,]", #"{"a":1}x"#, #"{"a":1}{"a":1}"#, #"{"a":1,"a":2}"#, #"{'a':1}"#, "[01]", "[+1]",
            "[NaN]",
            "[1e999]", "[99999999999999999999]", #"["\ud800"]"#, #"["\x"]"#, "[\"\u{1}\"]", #"{"a\u0000b":1}"#,
            "\u{feff}[]", "// x\n[]", "hunter2", #""hunter2""#, String(repeating: "[", count: 100_000),
            String(repeating: #"{"a":"#, count: 100_000),
            String(repeating: "[", count: 3_000) + String(repeating: "]", count: 3_000),
        ])
    func refused(text: String) throws {
        let complaint = try #require(self.complaint(text, [Int].self))
        #expect(complaint.hasPrefix("not a JSON object: line ") && !complaint.contains("hunter2"), "\(complaint)")
    }

    @Test(
        "is refused where its bytes are not UTF-8",
        arguments: [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let text = [UInt8(ascii: "["), UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\""), UInt8(ascii: "]")]
        #expect(throws: JSONMismatch.self) { try text.withUnsafeBytes { SecretBytes(copying: $0) }.json() }
    }

    @Test("has whole numbers of 64 bits, however they are written")
    func numbers() throws {
        let numbers: [Int64] = try json("[9223372036854775807, -9223372036854775808, 1.0, 1e3, -0]").elements.map {
            try Int64(json: $0)
        }
        #expect(numbers == [.max, .min, 1, 1_000, 0])
        #expect(try [Double](json: json("[1, 1.5, 1e-3]")) == [1, 1.5, 0.001])
    }

    @Test("of several types is known by its kind")
    func kinds() throws {
        let kinds = try json(#"[{}, [], "", 1, 1.0, true, false, null]"#).elements.map { $0.kind }
        #expect(kinds == [.object, .list, .text, .integer, .real, .boolean, .boolean, .null])
        let object = try json(#"{"a": null, "b": {"c": "d"}}"#)
        #expect(object["a"] == nil && object.contains("a") && !object.contains("x") && object["x"]?["y"] == nil)
        #expect(
            try object["b"]?.value("c", as: String.self) == "d" && object.fields.map { $0.name }.sorted() == ["a", "b"])
        #expect(object.elements.isEmpty && object["b"]?["c"]?.fields.isEmpty == true)
    }

    @Test("of 2,000 levels is read on the stack of a call")
    func deep() throws {
        let text = String(repeating: "[", count: 2_000) + String(repeating: "]", count: 2_000)
        #expect(try json(text).kind == .list)
    }

    @Test("lives as long as one of its values is used")
    func memory() throws {
        var value: JSONValue? = try json(#"{"token": "a-token-of-32-bytes-0123456789abc"}"#)["token"]
        let held = try #require(value)
        #expect(try SecretBytes(json: held).equals("a-token-of-32-bytes-0123456789abc"))
        value = nil
        #expect(try SecretBytes(json: held).count == 33)
    }

    @Test("is written again as it was read, and nil as null")
    func rewritten() throws {
        let text = #"{"a":[1,1.5,true,null,{"b":"\\\"\u0001\u00e9/"}],"c":{}}"#
        let read = try json(text)
        var body = JSONBody()
        body.set("x", read)
        body.set("y", read["a"]?.elements[4])
        body.set("z", JSONValue?.none)
        let written = try body.bytes().json()
        #expect(written["x"]?["a"]?.elements.map { $0.kind } == [.integer, .real, .boolean, .null, .object])
        #expect(try written["y"]?.value("b", as: String.self) == "\\\"\u{1}\u{e9}/")
        #expect(
            try written["x"]?["a"]?.elements[1].kind == .real
                && Double(json: try #require(written["x"]?["a"]).elements[1]) == 1.5)
        #expect(written.contains("z") && written["z"] == nil)
    }
}
