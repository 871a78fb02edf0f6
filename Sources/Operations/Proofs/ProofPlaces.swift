internal import Configuration
internal import JSON
internal import JSONSchema
internal import PusherHost

/// Which of the places that were found gave a job its key: of those that the job reads, and that have a variable of the name, the one
/// that wins at that service.
struct ProofPlaces {
    /// The answer, or the reason for none.
    enum Answer: Hashable {
        /// The places: more than one where several pushers list the same one.
        case places([Int])
        case none(String)
    }

    private let walk: FindWalk.Result
    /// The pushers with the base URL of their service, by plugin.
    private var services: [String: [(pusher: String, url: String)]] = [:]
    /// Places that a target can be, by plugin: of others it is not known what they are.
    private var indices: [String: [Int]] = [:]

    init(_ walk: FindWalk.Result, _ loaded: LoadedConfiguration) {
        self.init(
            walk,
            loaded.pushers.map { pusher in
                let standard = loaded.plugins[pusher.plugin]?.manifest.configuration.properties["endpoint"]?["default"]
                return (pusher.name, pusher.plugin, pusher.endpoint ?? standard?.string ?? "")
            })
    }

    /// - Parameter pushers: name, plugin and base URL.
    init(_ walk: FindWalk.Result, _ pushers: [(name: String, plugin: String, url: String)]) {
        self.walk = walk
        let plugins = Dictionary(pushers.map { ($0.name, $0.plugin) }) { first, _ in first }
        for pusher in pushers { services[pusher.plugin, default: []].append((pusher.name, Self.folded(pusher.url))) }
        for (index, found) in walk.places.enumerated() where !found.place.fields.isEmpty {
            guard let plugin = plugins[walk.scopes[found.scope].pusher] else { continue }
            indices[plugin, default: []].append(index)
        }
    }

    private static func folded(_ url: String) -> String {
        url.lowercased().hasSuffix("/") ? String(url.lowercased().dropLast()) : url.lowercased()
    }

    private func pusher(_ index: Int) -> String { walk.scopes[walk.places[index].scope].pusher }

    /// - Parameter id: the key ID that the job was given; nil: none.
    func answer(to proof: ProofLine, key id: String?) -> Answer {
        // Travis CI gives jobs no URL of its API.
        let here = (services[proof.system.plugin] ?? []).filter {
            proof.system == .travis || $0.url == Self.folded(proof.server)
        }
        guard !here.isEmpty else {
            return .none(
                "it ran at \(proof.server), and no pusher of \(proof.system.plugin) has this `endpoint`")
        }
        var answers: [Int] = []
        var reason: String?
        for service in here {
            switch answer(to: proof, id, in: service.pusher) {
            case .success(let index): answers.append(index)
            case .failure(let refusal): reason = reason ?? refusal.words
            }
        }
        guard answers.isEmpty else { return .places(answers) }
        return .none(reason ?? "")
    }

    private struct Refusal: Error { var words: String }

    private func answer(to proof: ProofLine, _ id: String?, in pusher: String) -> Swift.Result<Int, Refusal> {
        let reach = ProofReach(proof)
        let ranked = (indices[proof.system.plugin] ?? []).compactMap { index -> (index: Int, rank: Int)? in
            guard self.pusher(index) == pusher, let rank = reach.rank(walk.places[index].place) else { return nil }
            return (index, rank)
        }.sorted { ($1.rank, $0.index) < ($0.rank, $1.index) }
        // A place that shows this very key needs no guess.
        if let shown = ranked.first(where: { id != nil && walk.places[$0.index].place.keyID == id }) {
            return .success(shown.index)
        }
        guard let first = ranked.first else {
            return .failure(
                Refusal(
                    words: "no place that was looked through gives it \(proof.keyName). Name its scope, such as "
                        + "\(pusher):\(proof.path)"))
        }
        let place = walk.places[first.index].place
        if let shown = place.keyID {
            return .failure(
                Refusal(
                    words:
                        "\(pusher):\(place.place) shows \(shown), which is not what the job was given: the place was written "
                        + "since, or does not give its variables to that job. Run the job again"))
        }
        if first.rank < reach.nearest, let gap = gap(proof, pusher) {
            return .failure(
                Refusal(
                    words:
                        "\(pusher):\(place.place) may have given it, but a place that wins over it could not be seen: \(gap)"
                ))
        }
        return .success(first.index)
    }

    /// A part of the listing that was not seen and is about the job's own place.
    private func gap(_ proof: ProofLine, _ pusher: String) -> String? {
        walk.gaps.first { $0.pusher == pusher && $0.gap.part.lowercased().contains(proof.path.lowercased()) }?.gap.part
    }
}
