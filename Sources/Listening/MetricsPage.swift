internal import PlainText

/// The lines of an exposition.
struct MetricsPage {
    private(set) var text = ""
    private var name = ""

    mutating func begin(_ name: String, _ type: String, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
    }

    mutating func add(_ labels: [(name: String, value: String)], _ value: Double) { add(name, labels, value) }

    mutating func add(_ durations: Tally.Durations, _ name: String, _ help: String) {
        begin(name, "histogram", help)
        for (bound, count) in zip(Tally.Durations.bounds, durations.counts) {
            add("\(name)_bucket", [("le", "\(bound)")], Double(count))
        }
        add("\(name)_bucket", [("le", "+Inf")], Double(durations.count))
        add("\(name)_sum", [], durations.sum)
        add("\(name)_count", [], Double(durations.count))
    }

    private mutating func add(_ name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{"
            for (index, label) in labels.enumerated() {
                text += "\(index > 0 ? "," : "")\(label.name)=\"\(Self.escaped(label.value, quotes: true))\""
            }
            text += "}"
        }
        let whole = Int64(exactly: value)
        text += " \(whole.map { "\($0)" } ?? "\(value)")\n"
    }

    /// As the format has it: backslash and line feed everywhere, quotes in labels.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        PlainText.lines(text).unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}
