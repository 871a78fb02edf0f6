/// What a plugin is: one type that brings key pairs into one kind of system.
///
/// One value is made when the pusher is opened and serves every target of it. The functions are called for different
/// targets at the same time, from several threads, unless the manifest says `"threads": "one"`.
public protocol Pusher: Sendable {
    /// The pusher's fields in `keyturn.yaml`, as the manifest's `configuration` schema describes them.
    associatedtype Configuration: JSONReadable
    /// A target's fields, as the manifest's `target` schema describes them, always with the two variables' names.
    associatedtype Target: JSONReadable

    /// Makes the pusher. Sends nothing: whether the token works is for `check` to find out.
    ///
    /// - Throws: `PushFailure`, with reason `.invalidConfiguration`, when the fields cannot work together.
    init(configuration: Configuration) throws(PushFailure)

    /// Finds out whether a push would work, and writes nothing to the service.
    ///
    /// - Returns: one line that says what was seen, for the operator.
    func check(_ target: Target, call: borrowing Call) throws(PushFailure) -> String

    /// Makes the target hold the pair. Pushing the same pair twice is harmless.
    ///
    /// - Returns: how the service confirmed both parts; it is never made up from a request that merely did not fail.
    func push(_ pair: borrowing KeyPair, to target: Target, call: borrowing Call) throws(PushFailure) -> Confirmation

    /// Reads which access key ID the target holds now. Optional: says `.unsupported` where a plugin leaves it out.
    func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection

    /// Lists the places around a target that may hold a key, not the target itself: other scopes, branches and levels, and
    /// the other shape. Writes nothing. Optional: says `.unsupported` where a plugin leaves it out.
    func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace]

    /// Lists the places of a scope that may hold a key, and the scopes below it, page after page, and reads each list once.
    /// Writes nothing. Optional: says `.unsupported` where a plugin leaves it out.
    ///
    /// - Throws: where nothing of the scope can be seen. A part that cannot be read is reported to `finder`.
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure)
}

extension Pusher {
    /// The answer of a plugin that cannot read anything back.
    public func inspect(_ target: Target, call: borrowing Call) throws(PushFailure) -> Inspection {
        throw PushFailure(.unsupported, "this pusher cannot read what a target holds")
    }

    /// The answer of a plugin that cannot look around.
    public func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace] {
        throw PushFailure(.unsupported, "this pusher cannot list places around a target")
    }

    /// The answer of a plugin that cannot look below a scope.
    public func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        throw PushFailure(.unsupported, "this pusher cannot list what is below a scope")
    }
}
