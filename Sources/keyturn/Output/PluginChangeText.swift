internal import Operations

extension PluginChange {
    /// For people: what would change, or has changed.
    func text(_ terminal: Terminal) -> String {
        var lines = ["\(terminal.styled("\(id) \(version.value)", .bold))  \(summary)"]
        func line(_ title: String, _ text: String) {
            lines.append("  " + title.column(12) + terminal.wrapped(text, indent: 14))
        }
        func line(_ title: String, _ changed: Changed) {
            line(title, changed.value + (changed.isChanged ? changed.was.map { ", was \($0)" } ?? "" : ""))
        }
        if let source { line("from", source) }
        if let hash { line("", "sha256:\(hash)") }
        line("signer", signer)
        if let ground { line("", ground) }
        if version.isChanged { line("version", version) }
        line("size", size)
        line("glibc", glibc)
        if !libraries.isEmpty { line("loads", libraries.joined(separator: ", ")) }
        line("requests", requests)
        line("asks for", asks.isEmpty ? "nothing" : asks.joined(separator: ", "))
        if !added.isEmpty {
            line("", "\(terminal.styled("new", .yellow)): \(added.joined(separator: ", "))")
        }
        if !removed.isEmpty { line("", "no longer: \(removed.joined(separator: ", "))") }
        line("granted", granted.isEmpty ? "nothing" : granted.joined(separator: ", "))
        if let withheldAdvice { line("not granted", withheldAdvice) }
        line("directory", directory)
        return lines.joined(separator: "\n") + "\n"
    }
}
