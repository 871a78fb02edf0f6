internal import JSON

/// What a manifest asks for besides hosts. Nothing of it is given just because it is asked for.
public struct Asks: Hashable, Sendable {
    /// Files and directories that the pusher's process wants to read.
    public var readable: [String]
    /// Files and directories that it wants to write.
    public var writable: [String]
    /// Sockets of its own.
    public var network: Bool
    /// Starting programs.
    public var programs: Bool

    init(_ manifest: JSONValue) {
        readable = manifest["files"]?["read"]?.strings ?? []
        writable = manifest["files"]?["write"]?.strings ?? []
        network = manifest["network"] == .bool(true)
        programs = manifest["programs"] == .bool(true)
    }
}
