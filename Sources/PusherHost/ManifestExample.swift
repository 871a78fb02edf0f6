public import JSON

/// What a first entry of `keyturn.yaml` for a plugin looks like: what `init` writes.
public struct ManifestExample: Hashable, Sendable {
    /// What the pusher is usually called: "travis".
    public var name: String
    /// The pusher's fields besides `plugin`.
    public var configuration: [String: JSONValue]
    /// A target's fields besides `pusher`.
    public var target: [String: JSONValue]
    /// The pusher's field that is its token; nil: it needs none.
    public var tokenField: String?
    /// The environment variable that its token is commonly in; nil: it needs none.
    public var tokenVariable: String? { tokenField.flatMap { configuration[$0]?["env"]?.string } }
    /// The target's field that names the place.
    public var placeField: String

    init(_ json: JSONValue, secrets: Set<String>, place: [String], at file: String) throws(PluginError) {
        guard let name = json["name"]?.string, Self.isName(name), let configuration = json["configuration"]?.object,
            let target = json["target"]?.object,
            let field = (place + target.keys.sorted()).first(where: { target[$0]?.string != nil })
        else {
            throw PluginError(
                "\(file): `example` must have `name`, of lower case letters, digits and dashes, the objects `configuration` and `target`, and a text in `target`"
            )
        }
        (self.name, self.configuration, self.target, placeField) = (name, configuration, target, field)
        tokenField = secrets.sorted().first { configuration[$0]?["env"]?.string != nil }
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
    }
}
