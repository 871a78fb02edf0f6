internal import CSodium
internal import Glibc
internal import PlainText
public import Programs
internal import Rotation

/// Electronic mail by a program that takes what sendmail(8) takes.
public struct MailRoute: Sendable {
    /// The sender's address.
    public var from: String
    /// The receivers' addresses, at least one.
    public var to: [String]
    /// The program, such as /usr/sbin/sendmail.
    public var program: Program

    /// - Parameter program: gets options and addresses besides its own arguments.
    public init(from: String, to: [String], program: Program) {
        (self.from, self.to, self.program) = (from, to, program)
    }

    /// The program with what it needs to know. A point alone on a line ends no message; the addresses are no options.
    var complete: Program {
        var program = program
        program.words += ["-i", "-f", from, "--"] + to
        return program
    }

    /// The letter: RFC 5322, its text in base64, so that no line is too long and none means anything.
    func letter(_ message: Message, host: String) -> String {
        let domain = host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-".contains($0)) } ? host : ""
        let site = domain.isEmpty ? "keyturn.invalid" : domain
        var fields = [
            ("From", "keyturn <\(from)>"), ("To", to.joined(separator: ",\n ")),
            ("Subject", Self.encoded("[keyturn] \(message.title)")), ("Date", Self.date(message.at)),
            ("Message-ID", "<\(Notice.digest([message.id])).keyturn@\(site)>"),
        ]
        // What adds to an incident, or ends it, is an answer to what opened it.
        if let incident = message.incident, incident != message.id {
            let opened = "<\(Notice.digest([incident])).keyturn@\(site)>"
            fields += [("In-Reply-To", opened), ("References", opened)]
        }
        fields += [
            ("Auto-Submitted", "auto-generated"), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "base64"),
        ]
        if message.severity == .critical { fields.append(("Importance", "high")) }
        let text = "\(message.text)\n\nSeverity: \(message.severity.rawValue)\nID: \(message.id)\n"
        return fields.map { "\($0): \($1)\n" }.joined() + "\n" + Self.lines(Self.base64(Array(text.utf8)))
    }

    /// RFC 2047: words of at most 75 characters, each of whole characters. A text in ASCII stays as it is.
    static func encoded(_ text: String) -> String {
        let text = PlainText.line(text, limit: 250)
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !text.contains("=?") { return text }
        var words: [String] = []
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            let next = Array(String(scalar).utf8)
            // 45 bytes are 60 characters of base64; with `=?utf-8?B?` and `?=` 72.
            if bytes.count + next.count > 45 {
                words.append("=?utf-8?B?\(base64(bytes))?=")
                bytes = []
            }
            bytes += next
        }
        return (words + ["=?utf-8?B?\(base64(bytes))?="]).joined(separator: "\n ")
    }

    /// `Sun, 22 Nov 2026 10:00:00 +0000`, whatever the language of the machine is.
    static func date(_ moment: Timestamp) -> String {
        var seconds = time_t(moment.milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        let month = months[Int(parts.tm_mon)]
        return
            "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1_900) \(clock) +0000"
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let variant = Int32(sodium_base64_VARIANT_ORIGINAL)
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func lines(_ text: String) -> String {
        var rest = Array(text.utf8)[...]
        var lines = ""
        while !rest.isEmpty {
            lines += String(decoding: rest.prefix(76), as: UTF8.self) + "\n"
            rest = rest.dropFirst(76)
        }
        return lines
    }
}
