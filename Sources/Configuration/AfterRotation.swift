/// `after-rotation` of a user: a program that is started once every target has confirmed a new key.
public struct AfterRotation: Hashable, Sendable {
    /// The program and its arguments.
    public var command: [String]
    /// Names of variables that it gets besides the ordinary ones.
    public var environment: [String]

    /// nil: the user has none.
    static func read(_ reader: inout MappingReader) throws(ConfigurationError) -> AfterRotation? {
        guard let field = reader.field("after-rotation") else { return nil }
        var inner = try MappingReader(field, reader.path("after-rotation"), reader.file)
        guard let command = try inner.strings("command"), let program = command.first, !program.isEmpty else {
            throw inner.missing("command", "is missing: [PROGRAM, ARG, …]")
        }
        let names = try SecretReference.readNames(
            inner.field("environment"), inner.path("environment"), inner.file)
        try inner.end()
        return AfterRotation(command: command, environment: names)
    }
}
