internal import Operations

extension PinChange {
    /// For people.
    var text: String {
        var lines = ["\(id) \(version.value)  \(summary)"]
        func line(_ title: String, _ text: String) {
            lines.append("  " + title.column(12) + text)
        }
        if version.isChanged { line("version", version.text()) }
        line("library", library)
        line("", libraryHash.text("sha256:"))
        line("manifest", manifestHash.text("sha256:"))
        line("granted", granted.isEmpty ? "nothing" : granted.joined(separator: ", "))
        if !added.isEmpty { line("added", added.joined(separator: ", ")) }
        if !removed.isEmpty {
            line("removed", "\(removed.joined(separator: ", ")): it no longer asks for that")
        }
        if let withheld { line("not granted", withheld) }
        if let signer { line("signer", signer.text()) }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension PinChange.Changed {
    fileprivate func text(_ prefix: String = "") -> String {
        prefix + value + (isChanged ? was.map { ", was \($0)" } ?? "" : "")
    }
}
