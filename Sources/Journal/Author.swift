internal import FoundationEssentials
internal import Glibc

/// Who writes lines of history: the command, the machine, and the person whose process it is.
public struct Author: Hashable, Codable, Sendable {
    /// The command, such as `rotate`, `step` or `run`.
    public var command: String
    /// The machine's name.
    public var host: String
    /// The process's user ID.
    public var uid: Int64
    /// The name of that user; nil: the machine knows none.
    public var name: String?
    /// Who logged in, where that is someone else: it stays what it was through sudo and su. See credentials(7), audit(8).
    public var login: String?

    /// Someone.
    public init(command: String, host: String, uid: Int64, name: String? = nil, login: String? = nil) {
        self.command = command
        self.host = host
        self.uid = uid
        self.name = name
        self.login = login
    }

    /// This process.
    ///
    /// - Parameter command: the command that it carries out.
    public static func current(command: String) -> Author {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let uid = getuid()
        let login = readLogin().flatMap { $0 == uid ? nil : Self.name(of: $0) ?? "uid \($0)" }
        return Author(
            command: command, host: text(host), uid: Int64(uid), name: name(of: uid), login: login)
    }

    /// As the state holds it: one JSON object.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    init?(text: String) {
        guard let author = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { return nil }
        self = author
    }

    /// The kernel's loginuid, which is set once; nil: no one has logged in, as in containers and services.
    private static func readLogin() -> uid_t? {
        let text = try? String(contentsOfFile: "/proc/self/loginuid", encoding: .utf8)
        return text.flatMap { uid_t($0) }.flatMap { $0 == .max ? nil : $0 }
    }

    private static func name(of uid: uid_t) -> String? {
        var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
        else { return nil }
        return String(cString: name)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
