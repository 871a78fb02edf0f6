/// What the operator allows a pusher's process to do beyond computing: everything here is off unless granted.
public struct ProcessGrants: Hashable, Sendable {
    /// Files and directories that it may read.
    public var readable: [String]
    /// Files and directories that it may write, and read.
    public var writable: [String]
    /// Sockets of its own, for services that `kt.http/1` cannot reach.
    public var network: Bool
    /// Starting programs. These need files, sockets and memory of their own, so neither Landlock nor the list of
    /// allowed system calls is in force then.
    public var programs: Bool

    /// Grants; none by default.
    public init(readable: [String] = [], writable: [String] = [], network: Bool = false, programs: Bool = false) {
        self.readable = readable
        self.writable = writable
        self.network = network
        self.programs = programs
    }
}
