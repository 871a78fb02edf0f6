internal import AWS
internal import Configuration
internal import HTTP
internal import JSON
internal import JSONSchema
internal import PusherHost
internal import Rotation
internal import Secrets

/// Whether AWS and the services of the pushers can be connected to: name, network, proxy, certificate, and how far their clocks are off.
/// No credentials are sent, so any answer is one.
struct ConnectionCheck {
    /// What AWS's signatures allow.
    private static let tolerance: Duration = .seconds(300)

    private let loaded: LoadedConfiguration

    init(_ loaded: LoadedConfiguration) { self.loaded = loaded }

    func run() async -> [Finding] {
        var services: [(name: String, url: String, authorities: String?)] = []
        for account in Set(loaded.users.map { loaded.account(of: $0) }.map(Self.endpoint)).sorted() {
            services.append(("AWS", account, nil))
        }
        for pusher in loaded.pushers {
            guard
                let url = pusher.endpoint
                    ?? loaded.plugins[pusher.plugin]?.manifest.configuration.properties["endpoint"]?["default"]?.string
            else { continue }
            services.append(("pusher \(pusher.name)", url, pusher.authorities))
        }
        let clients: HTTPClients
        do { clients = try ServiceFactory(loaded).makeHTTP() } catch {
            return [Finding("connections", .configuration, OperationFailure.words(error))]
        }
        defer { clients.stop() }
        let client = clients.aws
        return await atOnce(services) { service in await Self.look(service, client) }
    }

    private static func endpoint(_ account: Account) -> String {
        account.endpoint
            ?? "https://sts.\(account.region).amazonaws.com\(Partition(region: account.region) == .china ? ".cn" : "")"
    }

    private static func look(
        _ service: (name: String, url: String, authorities: String?), _ client: HTTPClient
    ) async -> Finding {
        var request = HTTPRequest(
            method: .get, url: service.url, headers: .text("User-Agent: keyturn\n"), timeout: Doctor.patience,
            responseLimit: 1 << 20)
        request.authorities = service.authorities
        let began = Moment.now
        do throws(HTTPError) {
            let response = try await client.send(request)
            let now = Moment.now
            var finding = Finding(
                service.name, .done,
                "\(service.url) answers (status \(response.status)) after \(DurationText.text(now - began))")
            let date = response.headers.first { $0.name == "date" }.flatMap { HTTPDate.seconds($0.value) }
            if let date {
                let ahead = now - Timestamp(milliseconds: Int64(date) * 1_000)
                if max(ahead, .zero - ahead) > tolerance {
                    finding.warning =
                        "this machine's clock is \(DurationText.text(max(ahead, .zero - ahead))) \(ahead > .zero ? "ahead of" : "behind") that of \(service.url)"
                }
            }
            return finding
        } catch {
            return Finding(service.name, .unavailable, "\(service.url): \(error.description)")
        }
    }
}
