/// The manual page of one command, in man(7)'s macros.
struct Page {
    let command: Help.Command
    let parents: [String]

    /// `keyturn-history-verify`
    var name: String { (parents + [command.commandName]).joined(separator: "-") }

    var text: String {
        var lines = [
            ".TH \(name.uppercased().escaped) 1 \"\" keyturn \"User commands\"", ".SH NAME",
            "\(name.escaped) \\- \(summary.escaped)", ".SH SYNOPSIS",
            ".B \((parents + [command.commandName]).joined(separator: " ").escaped)",
        ]
        lines += arguments.map(synopsis)
        if command.subcommands?.isEmpty == false { lines.append(".I command") }
        if let discussion = command.discussion { lines += [".SH DESCRIPTION"] + paragraphs(discussion) }
        if !arguments.isEmpty { lines += [".SH OPTIONS"] + arguments.flatMap(option) }
        lines += commands
        if parents.isEmpty { lines += Self.surroundings }
        lines += [".SH SEE ALSO", seeAlso]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Without a full stop, as apropos(1) shows it.
    private var summary: String {
        let abstract = command.abstract ?? ""
        return abstract.hasSuffix(".") ? String(abstract.dropLast()) : abstract
    }

    private var arguments: [Help.Argument] { (command.arguments ?? []).filter(\.shouldDisplay) }

    private func synopsis(_ argument: Help.Argument) -> String {
        let form = form(argument, separator: "|") + (argument.isRepeating ? " ..." : "")
        return argument.isOptional ? "[\(form)]" : form
    }

    private func form(_ argument: Help.Argument, separator: String) -> String {
        let names = (argument.names ?? []).map { "\\fB\($0.text.escaped)\\fR" }.joined(separator: separator)
        let value = "\\fI\((argument.valueName ?? "value").escaped)\\fR"
        return switch argument.kind {
        case "positional": value
        case "option": "\(names) \(value)"
        default: names
        }
    }

    private func option(_ argument: Help.Argument) -> [String] {
        let standard = argument.defaultValue.map { argument.kind == "flag" ? "" : " Default: \($0)." } ?? ""
        return [".TP", form(argument, separator: ", ")] + paragraphs((argument.abstract ?? "") + standard)
    }

    private var commands: [String] {
        guard let subcommands = command.subcommands, !subcommands.isEmpty else { return [] }
        return [".SH COMMANDS"]
            + subcommands.flatMap { subcommand in
                [".TP", "\\fB\(name.escaped)\\-\(subcommand.commandName.escaped)\\fR(1)"]
                    + paragraphs(subcommand.abstract ?? "")
            }
    }

    private var seeAlso: String {
        let above = parents.indices.map { parents[0...$0].joined(separator: "-") }
        let below = (command.subcommands ?? []).map { "\(name)-\($0.commandName)" }
        let guides = "The guides are in the directory share/doc/keyturn of the installation."
        return (above + below).map { "\\fB\($0.escaped)\\fR(1)" }.joined(separator: ",\n") + "\n.PP\n" + guides
    }

    /// Blank lines part paragraphs; a line that begins with blanks or is a list stays a line.
    private func paragraphs(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.allSatisfy { $0 == " " } ? ".PP" : String(line).escaped
        }
    }

    private static let surroundings = [
        ".SH FILES", ".TP", "\\fIkeyturn.yaml\\fR, \\fI/etc/keyturn/keyturn.yaml\\fR",
        "The configuration; \\fBkeyturn\\-init\\fR(1) writes one.", ".TP", "\\fIkeyturn.lock\\fR",
        "The pins of plugins, next to the configuration; \\fBkeyturn\\-plugin\\-pin\\fR(1) writes it.",
        ".SH ENVIRONMENT",
        ".TP", "\\fBKEYTURN_CONFIG\\fR", "The configuration, where \\-\\-config does not name one.", ".TP",
        "\\fBNO_COLOR\\fR, \\fBTERM\\fR, \\fBCOLUMNS\\fR",
        "No colours where NO_COLOR is set or TERM is dumb; how wide lines may be.", ".TP", "\\fBAWS_*\\fR",
        "The credentials that keyturn runs with, the region and endpoints, as AWS's own tools take them.",
    ]
}

extension String {
    /// As roff(7) shows it literally.
    var escaped: String {
        var text = ""
        for character in self {
            switch character {
            case "\\": text += "\\e"
            case "-": text += "\\-"
            case _ where !character.isASCII:
                for scalar in character.unicodeScalars {
                    let digits = String(scalar.value, radix: 16, uppercase: true)
                    text += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
                }
            default: text.append(character)
            }
        }
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }
}
