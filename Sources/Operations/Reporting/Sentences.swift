/// Sentences that are put together out of what several places say.
enum Sentences {
    /// Several sentences on one line. Each but the last gets the full stop that it lacks: one that ends with a question, or with a
    /// full stop already, has its mark. A line of its own is one of several mistakes.
    static func joined(_ sentences: String...) -> String {
        let lines = sentences.flatMap { $0.split(separator: "\n").map(String.init) }
        return lines.dropLast().map { ended($0) + " " }.joined() + (lines.last ?? "")
    }

    private static func ended(_ sentence: String) -> String {
        guard let last = sentence.last else { return "" }
        return ".?!".contains(last) ? sentence : sentence + "."
    }
}
