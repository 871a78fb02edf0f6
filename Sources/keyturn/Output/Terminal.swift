internal import FoundationEssentials
internal import Glibc

/// What stdout, or stderr, can show.
struct Terminal: Sendable {
    /// Whether the display may be drawn over, and coloured.
    let isLive: Bool

    init(_ options: GlobalOptions) {
        let environment = ProcessInfo.processInfo.environment
        let isPlain =
            options.noColor || options.json || environment["NO_COLOR"]?.isEmpty == false
            || environment["TERM"] == "dumb"
        columns = Self.columns(.output, environment)
        isLive = !isPlain && isatty(STDOUT_FILENO) == 1
    }

    /// One that nothing is drawn on: the lines that a command ends with, of which no option is known.
    init(plain stream: StandardStream) {
        (columns, isLive) = (Self.columns(stream, ProcessInfo.processInfo.environment), false)
    }

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func styled(_ text: String, _ style: Style) -> String {
        isLive ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// What must not be overlooked.
    func alarm(_ text: String) -> String { isLive ? "\u{1B}[1m\u{1B}[31m\(text)\u{1B}[0m" : text }

    /// How many columns a line may have; nil: no one looks, and a program reads lines better whole.
    let columns: Int?
    /// How many lines are seen at once.
    var height: Int { Self.size(.output).rows ?? 24 }
    var width: Int { columns ?? 80 }

    private static func columns(_ stream: StandardStream, _ environment: [String: String]) -> Int? {
        if let given = environment["COLUMNS"].flatMap({ Int($0) }), given > 0 { return given }
        return isatty(stream.rawValue) == 1 ? size(stream).columns ?? 80 : nil
    }

    private static func size(_ stream: StandardStream) -> (columns: Int?, rows: Int?) {
        var size = winsize()
        guard ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0 else { return (nil, nil) }
        return (size.ws_col > 0 ? Int(size.ws_col) : nil, size.ws_row > 0 ? Int(size.ws_row) : nil)
    }

    /// A text in lines that fit, each after the first with that many blanks before it. Words that are longer than a line
    /// stay whole: a key or a URL is there to be copied.
    ///
    /// - Parameter indent: the width of what is already on the first line; where it leaves hardly any room, the others begin at 4.
    func wrapped(_ text: String, indent: Int) -> String {
        guard let columns else { return text }
        let rest = columns - indent < 24 ? min(indent, 4) : indent
        var (lines, line) = ([String](), "")
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let room = columns - (lines.isEmpty ? indent : rest)
            let isFull =
                line.isEmpty ? lines.isEmpty && rest < indent && word.count > room : line.count + 1 + word.count > room
            if isFull {
                lines.append(line.withoutTrailingBlanks)
                line = String(word)
            } else {
                line += (line.isEmpty ? "" : " ") + word
            }
        }
        return (lines + [line]).joined(separator: "\n" + String(repeating: " ", count: rest))
    }

    /// A text that has lines of its own, which stay and are wrapped each by itself.
    ///
    /// - Parameter indent: the width of what is already on the first line.
    func wrapped(lines text: String, indent: Int) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().map { index, line in
            let blanks = line.prefix { $0 == " " }
            let words = String(line.dropFirst(blanks.count))
            return blanks + wrapped(words, indent: index == 0 ? indent : blanks.count)
        }.joined(separator: "\n")
    }

    /// The lines of a text that fit on the screen.
    func cut(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let room = max(height - 1, 4)
        guard lines.count > room else { return text }
        return lines.prefix(room - 1).joined(separator: "\n") + "\n… \(lines.count - room + 1) more lines"
    }

    func write(_ text: String) {
        StandardStream.output.write(text)
    }
}
