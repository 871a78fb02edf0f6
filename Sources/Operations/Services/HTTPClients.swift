internal import HTTP
internal import Synchronization

/// The HTTP clients of one command: AWS has one, notifications have one, and each pusher has its own, which its host makes.
/// They share what they count and what they trust, and no connection.
final class HTTPClients: Sendable {
    /// For those that pushers have.
    let options: HTTPClient.Options
    /// For AWS alone.
    let aws: HTTPClient
    private let ownOfNotifications = Mutex<HTTPClient?>(nil)

    init(_ options: HTTPClient.Options) {
        self.options = options
        aws = HTTPClient(options)
    }

    /// For notifications alone.
    var notifications: HTTPClient {
        ownOfNotifications.withLock { client in
            if let client { return client }
            let made = HTTPClient(options)
            client = made
            return made
        }
    }

    /// What all of them did.
    var counts: HTTPClient.Counts { options.counter.counts }

    /// Ends them once what is in progress has ended. The host ends those of the pushers.
    func stop() {
        aws.stop()
        ownOfNotifications.withLock { $0?.stop() }
    }
}
