internal import FileTrust
internal import FoundationEssentials
internal import JSON
internal import JSONSchema

/// `keyturn.lock`: which plugins an operator has allowed, and what they may do.
public struct LockFile: Sendable {
    /// The file's path.
    public var path: String
    /// The pins, by the plugin's ID.
    public var pins: [String: Pin]
    /// The pins of the versions that were replaced last, which `plugin rollback` brings back.
    public var former: [String: Pin]
    /// Whose packages are installed, by the plugin's ID.
    public var signers: [String: TrustedSigner]

    private static let sizeLimit = 4 << 20

    /// Reads a file; one that is not there has no pins.
    public init(path: String) throws(PluginError) {
        let isThere = FileManager.default.fileExists(atPath: path)
        let text = isThere ? try? String(contentsOfFile: path, encoding: .utf8) : #"{"version":1,"plugins":{}}"#
        guard let text, text.utf8.count <= Self.sizeLimit else { throw PluginError("\(path): it cannot be read") }
        try self.init(text: text, path: path)
    }

    /// Reads a file's text.
    init(text: String, path: String) throws(PluginError) {
        self.path = path
        guard let json = try? JSONValue(parsing: text) else {
            throw PluginError("\(path): it is not JSON; `keyturn plugin pin` writes it again")
        }
        guard json.isShowable else { throw PluginError("\(path): it has characters that cannot be shown") }
        if let violation = Self.schema.violations(in: json).first {
            let place = violation.path.isEmpty ? "" : "`\(violation.path.joined(separator: "."))` "
            throw PluginError("\(path)\(Self.line(of: violation.path, in: text)): \(place)\(violation.message)")
        }
        pins = (json["plugins"]?.object ?? [:]).mapValues(Pin.init)
        former = (json["former"]?.object ?? [:]).mapValues(Pin.init)
        signers = (json["signers"]?.object ?? [:]).mapValues(TrustedSigner.init)
        for (id, signer) in signers.sorted(by: { $0.key < $1.key }) where SemanticVersion(signer.lowest) == nil {
            throw PluginError("\(path): `signers.\(id).lowest` is not a semantic version like 1.4.0")
        }
    }

    /// Puts a plugin's pin into the file, and leaves the others as they are.
    public mutating func write(_ pin: Pin, for id: String) throws(PluginError) {
        pins[id] = pin
        try save()
    }

    /// Writes the file as a whole. After a crash it has the former content or the new one.
    public func save() throws(PluginError) {
        var members: [String: JSONValue] = ["version": .integer(1), "plugins": .object(pins.mapValues(\.json))]
        if !former.isEmpty { members["former"] = .object(former.mapValues(\.json)) }
        if !signers.isEmpty { members["signers"] = .object(signers.mapValues(\.json)) }
        let text = JSONValue.object(members).prettyText + "\n"
        do throws(DurableFile.Failure) { try DurableFile.write(Array(text.utf8), to: path, mode: 0o644) } catch {
            throw PluginError("\(path): it cannot be written: \(error)")
        }
    }

    private static let schema = Schema(
        .object([
            "type": .string("object"), "additionalProperties": .bool(false),
            "required": .array([.string("version"), .string("plugins")]),
            "properties": .object([
                "version": .object(["const": .integer(1)]),
                "plugins": .object(["type": .string("object"), "additionalProperties": Pin.schema]),
                "former": .object(["type": .string("object"), "additionalProperties": Pin.schema]),
                "signers": .object(["type": .string("object"), "additionalProperties": TrustedSigner.schema]),
            ]),
        ]))

    /// The line of the last name of a path, which is where a person looks.
    private static func line(of path: [String], in text: String) -> String {
        var rest = text[...]
        for name in path {
            guard let found = rest.firstRange(of: "\"\(name)\"") else { break }
            rest = rest[found.upperBound...]
        }
        guard rest.startIndex != text.startIndex else { return "" }
        return ":\(text[..<rest.startIndex].count { $0 == "\n" } + 1)"
    }
}
