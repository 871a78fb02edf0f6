internal import HTTP
public import Programs
public import Rotation
public import Secrets

/// Where messages go.
public struct Destination: Sendable {
    /// The kinds. URLs are kept like secrets: who knows one can write there.
    public enum Way: Sendable {
        case webhook(url: Secret, secret: Secret)
        case slack(url: Secret)
        /// A workflow of Microsoft Teams that starts with a webhook.
        case teams(url: Secret)
        /// The Events API, version 2, with the integration key of a service.
        case pagerDuty(url: String, key: Secret)
        /// By a program that takes what sendmail(8) takes.
        case email(MailRoute)
        /// Gets the message on its standard input.
        case command(Program)
    }

    /// For logs, and by which the state knows what was sent there: no secret.
    public var name: String
    /// How.
    public var way: Way
    /// What of.
    public var occasions: Set<NotificationEvent.Occasion>
    /// How long a problem that may pass by itself is not sent.
    public var patience: Duration
    /// How often what is not urgent is sent, many pieces in one message; nil: at once.
    public var digest: Duration?
    /// Of whose users; nil: of those that have no owner.
    public var owner: String?
    /// Of this user alone, whoever owns it; nil: of all.
    public var user: String?

    /// Where messages go.
    public init(
        name: String, way: Way, occasions: Set<NotificationEvent.Occasion>, patience: Duration,
        digest: Duration? = nil, owner: String? = nil, user: String? = nil
    ) {
        (self.name, self.way, self.occasions, self.patience) = (name, way, occasions, patience)
        (self.digest, self.owner, self.user) = (digest, owner, user)
    }

    /// The program that messages are given to; nil: they go by HTTP.
    public var program: Program? {
        switch way {
        case .command(let program): program
        case .email(let route): route.program
        case .webhook, .slack, .teams, .pagerDuty: nil
        }
    }

    /// Whether a message opens something there that stays open until another message ends it.
    var keepsIncidents: Bool { if case .pagerDuty = way { true } else { false } }
}

/// A user that receivers get messages about.
public struct NotifiedUser: Sendable {
    /// Times and limits.
    public var policy: Policy
    /// The receiver of its own; nil: the default ones.
    public var owner: String?
    /// Names the AWS account: what its credentials keep from going on is one cause for all of its users.
    public var account: String

    /// A user.
    public init(policy: Policy = Policy(), owner: String? = nil, account: String = "") {
        (self.policy, self.owner, self.account) = (policy, owner, account)
    }
}

/// Why a message was not taken.
public struct DeliveryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A clause for people, without the address.
    public var description: String
    /// Whether it may be taken a moment later.
    public var isPassing: Bool
}
