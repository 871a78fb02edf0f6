import JSON
import JSONSchema
@testable import Operations
import Testing

@Suite("What `find` prints, and what `import` reads")
struct FindTests {
    private func place(_ name: String, note: String? = nil) -> FindDocument.Place {
        FindDocument.Place(
            pusher: "gitlab", place: name, standing: .unmanaged, names: ["A", "B"], fields: ["project": name],
            key: "AKIAIOSFODNN7EXAMPLE", user: "bot", shadowedBy: ["x, \"y\""], note: note)
    }

    private func document(_ places: [FindDocument.Place]) -> FindDocument {
        FindDocument(find: .init(scopes: [], places: places, unseen: [], unplaced: []))
    }

    @Test("as CSV, and back: quotation marks, commas, and what a spreadsheet would take for a formula")
    func csv() throws {
        let text = FindCSV.text(of: document([place("=cmd()", note: "a,b\nc"), place("acme/'x")]))
        #expect(text.split(separator: "\n").count == 3)
        let rows = try FindCSV.rows(text)
        #expect(rows.map { $0.cells["place"] } == ["=cmd()", "acme/'x"])
        #expect(rows[0].cells["overridden-by"] == "x, \"y\"" && rows[0].cells["note"]?.hasPrefix("a,b") == true)
        #expect(text.contains("'=cmd()"))
        let file = try ImportedFile(csv: text)
        #expect(file.targets.isEmpty && file.leftOut.count == 2)
    }

    @Test("of other spreadsheets: semicolons, a mark at the beginning, lines in cells, and no end of line at the end")
    func dialects() throws {
        let rows = try FindCSV.rows("\u{FEFF}pusher;user;place\n\"git;hub\";bot;\"two\nlines\"\n\ngitlab;;x")
        #expect(rows.map(\.line) == [2, 5])
        #expect(rows[0].cells == ["pusher": "git;hub", "user": "bot", "place": "two\nlines"])
        #expect(rows[1].cells["user"] == "")
    }

    @Test(
        "what is not CSV of ours",
        arguments: [("", 1), ("a,b\n1,2", 1), ("pusher,user\nx,\"y", 2), ("pusher,user\n1,2,3", 2)])
    func noCSV(_ text: String, _ line: Int) {
        let error = #expect(throws: CSVError.self) { _ = try FindCSV.rows(text) }
        #expect(error?.line == line)
    }

    @Test("as YAML: every text is read as it was meant")
    func scalars() {
        for plain in ["acme/app", "a-b_c.d", "AWS_KEY"] { #expect(UserFile.scalar(plain) == plain) }
        for text in ["yes", "No", "null", "1", "0x1", "a: b", "a #b", "- a", "{x}", "é", "*", "~", "", "a\nb", "1e3"] {
            #expect(UserFile.scalar(text) == JSONValue.string(text).text)
        }
    }

    @Test("a file is keyturn's own until a person changes it")
    func userFile() {
        let file = UserFile(user: "bot", settings: .init(rotateEvery: "60m"))
            .adding(["project": .string("acme/app")], pusher: "gitlab", why: "found\nthere")
        #expect(UserFile(file.text)?.body == file.body)
        #expect(UserFile(file.text.replacing("60m", with: "61m")) == nil && UserFile("users: {}\n") == nil)
        #expect(file.adding(["project": .string("acme/app")], pusher: "gitlab", why: "again").body == file.body)
        #expect(
            file.body
                == "users:\n  bot:\n    rotate-every: 60m\n    targets:\n      # found there\n      - pusher: gitlab\n        project: acme/app\n"
        )
    }

    @Test("fields have the types that the plugin's schema asks for")
    func types() throws {
        let schema = Schema(
            try JSONValue(
                parsing: #"""
                    {"type":"object","additionalProperties":false,"required":["access-key-id"],"properties":{"instance":{"type":"boolean"},
                    "number":{"type":"integer"},"project":{"type":["string","integer"]},"access-key-id":{"type":"string"}}}
                    """#))
        let fields = ["instance": "true", "number": "7", "project": "42", "access-key-id": "true"]
        #expect(
            TargetFields.typed(fields, schema)
                == [
                    "instance": .bool(true), "number": .integer(7), "project": .string("42"),
                    "access-key-id": .string("true"),
                ])
        #expect(TargetFields.fit(fields, schema) && TargetFields.fit(["number": "7"], schema))
        #expect(!TargetFields.fit(["number": "x"], schema) && !TargetFields.fit(["branch": "x"], schema))
    }
}
