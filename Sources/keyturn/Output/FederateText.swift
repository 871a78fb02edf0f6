internal import Operations

/// How a target does without a key, for people. What is to be pasted is never wrapped or indented.
struct FederateText {
    let document: FederationDocument
    let terminal: Terminal

    var text: String {
        let head =
            "\(document.target) without a key: \(document.system), user \(document.user), account \(document.account)"
        let steps = document.steps.enumerated().map { number, step in
            "\(terminal.styled("\(number + 1). \(step.title)", .bold))\n\(terminal.wrapped(step.detail, indent: 0))\n\n\(step.text)"
        }
        let notes = document.notes.map { "- \(terminal.wrapped($0, indent: 2))\n" }.joined()
        return ([head + "\n"] + steps + ["\(terminal.styled("Notes", .bold))\n\(notes)"]).joined(separator: "\n")
    }
}
