public import HTTP
public import Rotation
public import Secrets
internal import Synchronization

/// One configured use of a plugin.
public struct PusherSettings: Sendable {
    /// Its name in the configuration.
    public var name: String
    /// The plugin, which was let in.
    public let admitted: AdmittedPlugin
    /// Its fields as JSON, secrets filled in.
    public var configuration: Secret
    /// The secrets among them, to be taken out of what the plugin says.
    public var secrets: [Secret]
    /// The service's base URL, if configured: pushers of one plugin and service share their exclusive places.
    public let endpoint: String?
    /// Parts of the enclosure that the operator does without where the kernel lacks them.
    public var acceptedGaps: [String]
    /// A PEM file of the authorities that its service is checked against; nil: the client's.
    public var authorities: String?
    /// How fast it may ask its service.
    public var pace: PaceRules
    /// Signs what it asks of AWS; nil: it asks nothing.
    public var aws: (any AWSSigner)?
    /// Where its requests may go.
    let grant: Grant
    var plugin: Plugin { admitted.plugin }

    /// One configured use of a plugin.
    public init(
        name: String, admitted: AdmittedPlugin, configuration: Secret, secrets: [Secret], endpoint: String?,
        acceptedGaps: [String] = [], pace: PaceRules? = nil, aws: (any AWSSigner)? = nil
    ) {
        self.name = name
        self.admitted = admitted
        self.configuration = configuration
        self.secrets = secrets
        self.endpoint = endpoint
        self.acceptedGaps = acceptedGaps
        self.aws = aws
        self.pace = pace ?? admitted.plugin.manifest.pace
        grant = Grant(hosts: admitted.grants.hosts, endpoint: endpoint)
    }
}

/// One place that holds a key pair, as a pusher sees it.
public struct PusherTarget: Hashable, Sendable {
    /// `pusher:place`.
    public var name: TargetName
    /// The pusher's name.
    public var pusher: String
    /// The target's fields as JSON.
    public var fields: String
    /// Targets of one plugin and service with the same text are not pushed at the same time; nil: no such bond.
    public var exclusive: String?

    /// One place.
    public init(name: TargetName, pusher: String, fields: String, exclusive: String?) {
        self.name = name
        self.pusher = pusher
        self.fields = fields
        self.exclusive = exclusive
    }
}

/// A line that a pusher, or the host about it, writes.
public struct PusherLogLine: Hashable, Sendable {
    /// The levels of `kt.log/1`.
    public enum Level: Int32, Sendable {
        case debug, info, warning, error
    }

    /// How urgent.
    public var level: Level
    /// The pusher's name.
    public var pusher: String
    /// The target, where there is one.
    public var target: TargetName?
    /// The line, without secrets.
    public var text: String
}

/// Runs pushers, each in a process of its own, and calls them.
public final class PusherHost: Sendable {
    /// What a pusher is asked.
    public enum Question: Sendable {
        /// Would a push work? Writes nothing.
        case check
        /// Make the target hold the pair. Finishing: the target may hold half of it, so this goes before anything else, and
        /// only the service's own word, or its vendor's, makes it wait.
        case push(KeyPair, isFinishing: Bool = false)
        /// Which key ID is there?
        case inspect
        /// Which places around it may hold a key?
        case find
        /// Which places of a scope may hold a key, and which scopes are below it? The target's place is the scope's name, and its
        /// fields are those of a ``FoundScope``, empty for one that the operator named.
        case below

        /// Whether its answer is places.
        var finds: Bool {
            switch self {
            case .find, .below: true
            case .check, .push, .inspect: false
            }
        }

        /// Whether it is about a scope, whose fields a plugin may have given.
        var isBelow: Bool { if case .below = self { true } else { false } }

        /// Whether it is one that writes.
        var isPush: Bool { keyID != nil }

        /// The ID of the key that is pushed.
        var keyID: String? { if case .push(let pair, _) = self { pair.id.rawValue } else { nil } }

        /// Whether it is a push that goes first.
        var isFinishing: Bool { if case .push(_, let isFinishing) = self { isFinishing } else { false } }
    }

    /// How the start of a pusher ended.
    public enum Start: Hashable, Sendable {
        /// It is open; the parts of the enclosure that are in force, in words.
        case ready([String])
        /// The library or the configuration can never work.
        case refused(String)
        /// It crashed, hung or talked nonsense; it may go better next time.
        case failed(String)
    }

    private let loop: RunnerLoop
    private let ownPlaces = Mutex<[String: any BuiltInTarget]>([:])

    /// - Parameters:
    ///   - http: for the client that each pusher has of its own: connections are never shared between pushers.
    ///   - runner: the path of `keyturn-runner`.
    ///   - shelf: the ledgers of a fleet whose processes use the same tokens; nil: this process alone uses them.
    ///   - log: takes lines; called on the host's thread.
    public init(
        http: HTTPClient.Options, runner: String, shelf: (any BudgetLedger.Shelf)? = nil,
        log: @escaping @Sendable (PusherLogLine) -> Void
    ) {
        loop = RunnerLoop(http: http, runner: runner, shelf: shelf, log: log)
    }

    /// Makes a pusher known. Its process is started when it is first needed.
    public func add(_ settings: PusherSettings) { loop.post(.add(settings)) }

    /// Makes a place of keyturn's own known, by what its targets say in place of a pusher's name.
    public func add(_ place: any BuiltInTarget, as name: String) { ownPlaces.withLock { $0[name] = place } }

    /// Starts a pusher's process, and waits until it is open.
    public func start(_ pusher: String) async -> Start {
        await withCheckedContinuation { continuation in
            loop.post(.start(pusher) { continuation.resume(returning: $0) })
        }
    }

    /// Calls a pusher about one target. Never throws: whatever happens is an outcome.
    ///
    /// - Parameters:
    ///   - timeout: of the call itself, from the moment that it reaches the pusher.
    ///   - permit: asked before each of its requests, from another thread; false: it is not sent. nil: it is.
    ///   - completion: called once, on the host's thread; it must not block. nil: the pusher never heard of the call, for keyturn
    ///     is to stop, or it was not permitted any more.
    public func call(
        _ question: Question, _ target: PusherTarget, timeout: Duration, permit: (@Sendable () -> Bool)? = nil,
        completion: @escaping @Sendable (CallReport?) -> Void
    ) {
        if let place = ownPlaces.withLock({ $0[target.pusher] }) {
            return completion(permit?() == false ? nil : place.answer(question))
        }
        loop.post(
            .call(
                PusherCall(
                    question: question, target: target, timeout: timeout, permit: permit, completion: completion)))
    }

    /// Calls a pusher about one target, and waits for the answer.
    public func call(_ question: Question, _ target: PusherTarget, timeout: Duration) async -> CallReport {
        await withCheckedContinuation { continuation in
            call(question, target, timeout: timeout) { report in
                continuation.resume(
                    returning: report ?? CallReport(.cancelled, "keyturn stopped before this was begun"))
            }
        }
    }

    /// Begins no further call: those that wait, and those that come, are answered as not begun. Work in progress goes on.
    public func drain() { loop.post(.drain) }

    /// Reports how fast each pusher may ask its service at the moment; called on the host's thread.
    public func paces(_ completion: @escaping @Sendable ([PaceReport]) -> Void) { loop.post(.paces(completion)) }

    /// Ends every pusher's process, and waits for that. Calls that are in progress end as `unknown`.
    public func stop() async {
        await withCheckedContinuation { continuation in loop.post(.stop { continuation.resume() }) }
    }
}

/// One call on its way to a pusher.
struct PusherCall: Sendable {
    var question: PusherHost.Question
    var target: PusherTarget
    var timeout: Duration
    var permit: (@Sendable () -> Bool)?
    var completion: @Sendable (CallReport?) -> Void
}
