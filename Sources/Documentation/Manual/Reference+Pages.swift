extension Reference {
    private static let start =
        "The configuration of keyturn is one YAML file, found by `--config FILE`, else `$KEYTURN_CONFIG`, "
        + "`./keyturn.yaml`, `/etc/keyturn/keyturn.yaml`. `keyturn init` writes one, `keyturn check` checks it, `keyturn config show` prints "
        + "every value that holds and where it comes from, and `keyturn config schema` prints the schema for editors."

    /// keyturn.yaml(5), in man(7)'s macros.
    var manual: String {
        var lines = [
            ".TH KEYTURN.YAML 5 \"\" keyturn \"File formats\"", ".SH NAME",
            "keyturn.yaml \\- configuration of keyturn(1)",
            ".SH DESCRIPTION", Self.plain(Self.start),
        ]
        for section in sections {
            lines += [".SH \"\(Self.plain(section.title.uppercased()))\"", Self.plain(section.text)]
            lines += section.entries.flatMap { Self.manual($0) }
        }
        lines += [
            ".SH SEE ALSO", "\\fBkeyturn\\fR(1), \\fBkeyturn\\-check\\fR(1), \\fBkeyturn\\-config\\-show\\fR(1)", ".PP",
            "The guides are in the directory share/doc/keyturn of the installation.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func manual(_ entry: Entry) -> [String] {
        let facts = facts(entry).map { " (\(plain($0)))" } ?? ""
        var lines = [".TP", "\\fB\(entry.name.escaped)\\fR\(facts)", entry.text.isEmpty ? "\\&" : plain(entry.text)]
        if !entry.children.isEmpty { lines += [".RS"] + entry.children.flatMap(manual) + [".RE"] }
        return lines
    }

    /// The same as a page of the guides.
    var markdown: String {
        var text = "# Reference of keyturn.yaml\n\n\(Self.start)\n\n"
        text += "This page is made from the schema (`make tables`); `man 5 keyturn.yaml` is the same.\n"
        for section in sections {
            text += "\n## \(section.title)\n\n\(section.text)\n"
            if !section.entries.isEmpty { text += "\n" + Self.list(section.entries, indent: "") }
        }
        return text
    }

    private static func list(_ entries: [Entry], indent: String) -> String {
        entries.map { entry in
            let facts = facts(entry).map { " (\(code($0)))" } ?? ""
            let text = entry.text.isEmpty ? "" : " \(entry.text)"
            return "\(indent)- **`\(entry.name)`**\(facts)\(text)\n" + list(entry.children, indent: indent + "  ")
        }.joined()
    }

    private static func facts(_ entry: Entry) -> String? {
        let facts = [entry.form, entry.isRequired ? "required" : nil, entry.standard.map { "default: \($0)" }]
        return facts.compactMap(\.self).joined(separator: "; ")
    }

    /// What Markdown would take for its own.
    private static func code(_ text: String) -> String { text.replacing("|", with: "or").replacing("*", with: "\\*") }

    /// Without the marks of code, which a manual page does not have.
    private static func plain(_ text: String) -> String { text.replacing("`", with: "").escaped }
}
