import Foundation
import JSON
import Testing

/// A plugin's README, of which some parts are made by tests.
///
/// A made part stands between `<!-- NAME: … -->` and `<!-- NAME ends -->`. With `KEYTURN_REWRITE_TABLES=1` (`make tables`) a
/// part that differs is written again; without, it is a failure.
struct Page {
    let library: PluginLibrary

    private var file: URL {
        URL(fileURLWithPath: #filePath).appending(path: "../../../Plugins/\(library.name)/README.md")
            .standardizedFileURL
    }

    func expect(_ name: String, _ rows: [[String]], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.firstRange(of: "<!-- \(name): made by `make tables` -->\n"), "no part \(name)")
        let end = try #require(text.firstRange(of: "<!-- \(name) ends -->"), "no end of the part \(name)")
        let table = rows.map { "| \($0.map(cell).joined(separator: " | ")) |\n" }.joined()
        let made = text[..<start.upperBound] + table + text[end.lowerBound...]
        if ProcessInfo.processInfo.environment["KEYTURN_REWRITE_TABLES"] == "1" {
            try made.write(to: file, atomically: true, encoding: .utf8)
        } else {
            let isSame = text == made
            #expect(
                isSame,
                "\(library.name)/README.md is not what the plugin does: see `make tables`; it would be\n\(table)")
        }
    }

    private func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("\n", with: " ")
    }

    /// The fields as the manifest has them, in its order.
    func fields() throws -> [[String]] {
        let manifest = try library.manifestFile
        let json = try JSONValue(parsing: manifest)
        var rows = [["of", "field", "default", ""], ["---", "---", "---", "---"]]
        for (title, schema) in [("pusher", "configuration"), ("target", "target")] {
            let part = manifest[try #require(manifest.firstRange(of: "\"\(schema)\": {")).upperBound...]
            let required = Set(json[schema]?["required"]?.strings ?? [])
            let properties = json[schema]?["properties"]?.object ?? [:]
            func place(_ name: String) -> String.Index {
                part.firstRange(of: "\"\(name)\": {")?.lowerBound ?? part.endIndex
            }
            for (name, property) in properties.sorted(by: { place($0.key) < place($1.key) }) {
                let standard =
                    property["default"].map { "`\($0.string ?? $0.text)`" } ?? (required.contains(name) ? "needed" : "")
                rows.append([title, "`\(name)`", standard, property["description"]?.string ?? ""])
            }
        }
        return rows
    }
}
