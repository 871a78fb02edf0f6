public import Rotation

/// Everything that is shown to the outside at one moment: no secret is part of it.
public struct Snapshot: Sendable {
    /// One access key.
    public struct Key: Hashable, Sendable {
        /// `AKIA…`
        public var id: String
        /// `current`, `next` or `previous`.
        public var role: String
        /// What IAM calls its status.
        public var status: String
        /// When it was made.
        public var created: Timestamp

        /// One access key.
        public init(id: String, role: String, status: String, created: Timestamp) {
            (self.id, self.role, self.status, self.created) = (id, role, status, created)
        }
    }

    /// What became of the key at one target.
    public struct Delivery: Hashable, Sendable {
        /// `pusher:place`, as the configuration has it.
        public var target: String
        /// Its state.
        public var state: String
        /// How it was confirmed.
        public var evidence: String?
        /// Pushes begun.
        public var attempts: Int
        /// When the state last changed.
        public var at: String?
        /// What the service said, without secrets.
        public var detail: String?
        /// Whether one variable may be of the old key and one of the new.
        public var mayBeTorn: Bool
        /// What the target showed that it should not, in a sentence; nil: nothing.
        public var drift: String?
        /// Whether no one need see it.
        public var isQuiet: Bool

        /// What became of the key at one target.
        public init(
            target: String, state: String, evidence: String? = nil, attempts: Int = 0, at: String? = nil,
            detail: String? = nil, mayBeTorn: Bool = false, drift: String? = nil, isQuiet: Bool
        ) {
            self.drift = drift
            (self.target, self.state, self.evidence, self.attempts) = (target, state, evidence, attempts)
            (self.at, self.detail, self.mayBeTorn, self.isQuiet) = (at, detail, mayBeTorn, isQuiet)
        }
    }

    /// What comes next.
    public struct Next: Hashable, Sendable {
        /// The step; `blocked` or `when-asked`: nothing, until a person acts.
        public var action: String
        /// Not before; nil: it waits for a person.
        public var due: Timestamp?

        /// What comes next.
        public init(action: String, due: Timestamp?) { (self.action, self.due) = (action, due) }
    }

    /// What an operator may type for a user.
    public enum Order: String, Hashable, Sendable {
        case retry, rotate, rollback, retire, revoke, forget
    }

    /// One user.
    public struct User: Sendable {
        /// The name in the configuration, or the one that it had there.
        public var name: String
        /// The state of the rotation.
        public var phase: Phase
        /// Its number; 0: there was none yet.
        public var rotation: Int
        /// The keys that keyturn accounts for.
        public var keys: [Key]
        /// By target.
        public var deliveries: [Delivery]
        /// Targets of the configuration, whether something was pushed there or not.
        public var targets: Int
        /// What comes next.
        public var next: Next
        /// Why it does not go on, in a sentence; nil: all is well.
        public var problem: String?
        /// What kind of problem, for programs: the code, or `not-delivered`.
        public var problemCode: String?
        /// Since when, where that is known.
        public var problemSince: Timestamp?
        /// Keys that an operator declared leaked and that are not gone and replaced yet; and how many of them still work.
        public var leaks: (all: Int, active: Int) = (0, 0)
        /// Targets that hold a key which no longer works.
        public var cutOffTargets = 0
        /// The age that no Active key is to pass; nil: any is fine.
        public var maxAge: Duration?
        /// Whether an Active key has passed it.
        public var isOverAge = false
        /// Until when a freeze that holds now lets no rotation begin; nil: none does.
        public var frozenUntil: Timestamp?
        /// For how long the next step has been due.
        public var overdue: Duration = .zero
        /// Whether someone should look.
        public var needsAttention: Bool
        /// Whether the configuration has it; false: it left in the middle of a rotation, and nothing is done about it.
        public var isConfigured = true
        /// What its state allows.
        public var orders: [Order] = []

        /// One user.
        public init(
            name: String, phase: Phase, rotation: Int, keys: [Key], deliveries: [Delivery], next: Next,
            problem: String? = nil, problemCode: String? = nil, needsAttention: Bool = false
        ) {
            (self.name, self.phase, self.rotation, self.keys) = (name, phase, rotation, keys)
            (self.deliveries, self.next, self.problem) = (deliveries, next, problem)
            (self.problemCode, self.needsAttention) = (problemCode, needsAttention)
            targets = deliveries.count
        }
    }

    /// What one pusher may still ask of its service.
    public struct Budget: Hashable, Sendable {
        /// The pusher's name.
        public var pusher: String
        /// A limit's span in seconds, or `service` for what the service itself says.
        public var span: String
        /// What may be spent in that span; nil: no one knows.
        public var limit: Int?
        /// What is left of it.
        public var left: Int

        /// What one pusher may still ask of its service.
        public init(pusher: String, span: String, limit: Int?, left: Int) {
            (self.pusher, self.span, self.limit, self.left) = (pusher, span, limit, left)
        }
    }

    /// What became of the configuration since the process began.
    public struct ConfigurationFile: Hashable, Sendable {
        /// When one was taken up last.
        public var takenUp: Timestamp
        /// Why the one that is on disk is not used; nil: it is in force, or has not changed since.
        public var refusal: String?

        /// What became of the configuration.
        public init(takenUp: Timestamp, refusal: String? = nil) { (self.takenUp, self.refusal) = (takenUp, refusal) }
    }

    /// Messages of this process to one receiver.
    public struct Messages: Hashable, Sendable {
        /// The receiver, without what is secret of its address.
        public var receiver: String
        /// Those that it took.
        public var sent: Int
        /// Those that it did not take.
        public var failed: Int

        /// Messages to one receiver.
        public init(receiver: String, sent: Int, failed: Int) {
            (self.receiver, self.sent, self.failed) = (receiver, sent, failed)
        }
    }

    /// When.
    public var at: Timestamp
    /// keyturn's version.
    public var version: String
    /// In the configuration's order.
    public var users: [User]
    /// By pusher and span.
    public var budgets: [Budget] = []
    /// Pushers that their services have asked to wait, with the time left.
    public var pauses: [String: Duration] = [:]
    /// When the process began.
    public var started: Timestamp
    /// When the scheduler last looked at what is due; nil: not yet.
    public var lastPass: Timestamp?
    /// What this process has done.
    public var tally = Tally()
    /// Pushers that targets of users need.
    public var pushers: [String] = []
    /// The kinds of problems that there are.
    public var problemCodes: [String] = []
    /// Processes that stay up and work on the same state; nil: the state is of one process alone.
    public var workers: Int?
    /// Whether the configuration on disk is in force.
    public var configuration: ConfigurationFile
    /// By receiver.
    public var messages: [Messages] = []

    /// What is shown at one moment.
    public init(at: Timestamp, version: String, users: [User], started: Timestamp, lastPass: Timestamp?) {
        (self.at, self.version, self.users) = (at, version, users)
        (self.started, self.lastPass) = (started, lastPass)
        configuration = ConfigurationFile(takenUp: started)
    }
}
