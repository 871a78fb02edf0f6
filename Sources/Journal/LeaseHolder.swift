/// The process that another one found at work on a user.
public struct LeaseHolder: Hashable, Sendable {
    /// Whose lease it holds.
    public var user: String
    /// Its number there.
    public var process: Int32
    /// Which machine it is on; nil: this one, where its number says more.
    public var machine: String?

    /// What `user`'s lease says.
    public init(of user: String, process: Int32, machine: String? = nil) {
        (self.user, self.process, self.machine) = (user, process, machine)
    }

    /// That it is at work.
    ///
    /// - Parameter command: its command, such as `run`, where that can be seen.
    public func sentence(command: String? = nil) -> String {
        let what = command.map { "`keyturn \($0)`, " } ?? ""
        return "another keyturn (\(what)process \(process)\(machine.map { " on \($0)" } ?? "")) is at work on \(user)"
    }
}
