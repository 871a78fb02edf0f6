internal import Foundation
internal import Glibc

/// What stdout can show.
struct Terminal: Sendable {
    /// Whether the display may be drawn over, and coloured.
    let isLive: Bool

    init(_ options: GlobalOptions) {
        let environment = ProcessInfo.processInfo.environment
        let isPlain =
            options.noColor || options.json || environment["NO_COLOR"]?.isEmpty == false
            || environment["TERM"] == "dumb"
        isLive = !isPlain && isatty(STDOUT_FILENO) == 1
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

    var width: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    func write(_ text: String) {
        StandardStream.output.write(text)
    }
}
