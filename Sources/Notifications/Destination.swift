internal import HTTP
public import Programs
public import Rotation
public import Secrets

/// Where messages go.
public struct Destination: Sendable {
    /// The three kinds. The URLs are kept like secrets: who knows one can write there.
    public enum Way: Sendable {
        case webhook(url: Secret, secret: Secret)
        case slack(url: Secret)
        /// Gets the message on its standard input.
        case command(Program)
    }

    /// For logs, and by which the state knows what was told there: no secret.
    public var name: String
    /// How.
    public var way: Way
    /// What of.
    public var occasions: Set<NotificationEvent.Occasion>
    /// How long what may still mend itself goes untold.
    public var patience: Duration

    /// Where messages go.
    public init(name: String, way: Way, occasions: Set<NotificationEvent.Occasion>, patience: Duration) {
        (self.name, self.way, self.occasions, self.patience) = (name, way, occasions, patience)
    }
}

/// Why a message was not taken.
public struct DeliveryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A clause for people, without the address.
    public var description: String
    /// Whether it may be taken a moment later.
    public var isPassing: Bool
}
