/// Targets that must not be pushed at the same time, where a place has a name and a number.
///
/// Which number is which name's only the service knows. Where a configuration has both kinds, all of them at that service
/// are pushed one after the other: slower, and never two at once in one place.
struct Exclusion {
    /// By pusher's name: the plugin, and the service that it writes to.
    let services: [String: String]

    func joined(_ users: [ConfiguredUser]) -> [ConfiguredUser] {
        var numbered: Set<String> = []
        var named: Set<String> = []
        for target in users.flatMap(\.targets) {
            guard let place = target.exclusive, let service = services[target.pusher] else { continue }
            if isNumber(place) { numbered.insert(service) } else { named.insert(service) }
        }
        let mixed = numbered.intersection(named)
        guard !mixed.isEmpty else { return users }
        return users.map { user in
            var user = user
            for (index, target) in user.targets.enumerated() where target.exclusive != nil {
                guard let service = services[target.pusher], mixed.contains(service) else { continue }
                user.targets[index].exclusive = "any"
            }
            return user
        }
    }

    private func isNumber(_ place: String) -> Bool {
        !place.isEmpty && place.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
