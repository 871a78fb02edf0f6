import JSON
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test("come back as they were, on one line with sorted names")
    func roundTrip() throws {
        let text = #"{"a":[1,2.5,true,null,"ü/\"\n"],"b":{"c":-9007199254740993},"d":{}}"#
        #expect(try JSONValue(parsing: text).text == text)
        #expect(try JSONValue(parsing: #"{"b":1,"a":2}"#).text == #"{"a":2,"b":1}"#)
    }

    @Test("keep whole numbers, booleans and numbers apart")
    func kinds() throws {
        #expect(
            try JSONValue(parsing: "[1, 1.5, true, \"1\", null]").array == [
                .integer(1), .number(1.5), .bool(true), .string("1"), .null,
            ])
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(.max))
    }

    @Test("give what they are asked for, or nothing")
    func access() throws {
        let value = try JSONValue(parsing: #"{"s": "x", "b": true, "l": ["a", "b"], "m": ["a", 1]}"#)
        #expect(value["s"]?.string == "x")
        #expect(value["b"]?.bool == true)
        #expect(value["l"]?.strings == ["a", "b"])
        #expect(value["m"]?.strings == nil)
        #expect(value["nothing"] == nil)
        #expect(value["s"]?.array == nil)
        #expect(value["s"]?["x"] == nil)
        #expect(value.object?.count == 4)
        #expect(value.string == nil)
    }

    @Test("numbers that JSON does not know become null")
    func infinities() {
        #expect(JSONValue.array([.number(.nan), .number(.infinity)]).text == "[null,null]")
    }

    @Test("a text that is not JSON is an error")
    func broken() {
        for text in ["", "{", "[1,]x", "nope", "{'a': 1}"] {
            #expect(throws: (any Error).self) { try JSONValue(parsing: text) }
        }
    }
}
