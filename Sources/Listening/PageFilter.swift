internal import Rotation

/// What of the page is asked for: the query of its address, which the form makes.
public struct PageFilter: Hashable, Sendable {
    /// Which users are shown.
    public enum Selection: String, Sendable, CaseIterable {
        case all, attention, rotating, idle
    }

    /// A part of the name of a user, a target or a key.
    public var text = ""
    /// Which users.
    public var selection = Selection.all
    /// Only users with a target of this pusher; empty: any.
    public var pusher = ""
    /// After how many seconds the page is asked for again; 0: never.
    public var refresh = 0

    /// What the form offers. The shortest is longer than one reading of the state is kept.
    static let refreshes = [0, 10, 30, 60, 300]
    private static let longestText = 128

    /// Everything.
    public init() {}

    /// What a query asks for; what makes no sense counts as not asked.
    public init(_ query: [String: String]) {
        text = String((query["q"] ?? "").prefix(Self.longestText))
        selection = query["show"].flatMap(Selection.init) ?? .all
        pusher = String((query["pusher"] ?? "").prefix(Self.longestText))
        refresh = query["refresh"].flatMap { Int($0) }.flatMap { Self.refreshes.contains($0) ? $0 : nil } ?? 0
    }

    /// Whether all users are shown.
    var isEverything: Bool { text.isEmpty && selection == .all && pusher.isEmpty }

    func matches(_ user: Snapshot.User) -> Bool {
        switch selection {
        case .all: break
        case .attention: if !user.needsAttention { return false }
        case .rotating: if user.phase == .idle { return false }
        case .idle: if user.phase != .idle || user.needsAttention { return false }
        }
        if !pusher.isEmpty, !user.deliveries.contains(where: { $0.pusher == pusher }) { return false }
        guard !text.isEmpty else { return true }
        let wanted = text.lowercased()
        return user.name.lowercased().contains(wanted)
            || user.deliveries.contains { $0.target.lowercased().contains(wanted) }
            || user.keys.contains { $0.id.lowercased().contains(wanted) }
    }
}

extension Snapshot.Delivery {
    /// The pusher's name.
    var pusher: String { String(target.prefix { $0 != ":" }) }
}
