internal import RunnerProtocol
internal import Secrets

/// What one call found: never more than the ABI's bounds, whatever a runner sends.
public struct Found: Hashable, Sendable {
    /// Places that may hold a key.
    public private(set) var places: [FoundPlace] = []
    /// Scopes below.
    public private(set) var scopes: [FoundScope] = []
    /// Parts that were not seen.
    public private(set) var gaps: [FoundGap] = []
    /// Whether there is more than a call may find, which is left out.
    public private(set) var isCut = false
    private var bytes = 0

    /// Nothing.
    public init() {}

    /// - Returns: false where there is no room for it.
    mutating func take(_ place: WirePlace, _ redactor: Redactor) -> Bool {
        let size = place.place.utf8.count + place.fields.utf8.count + place.names.utf8.count
        guard hasRoom(places.count < WirePlace.most, size) else { return false }
        places.append(FoundPlace(place, redactor))
        return true
    }

    mutating func take(_ scope: WireScope, _ redactor: Redactor) -> Bool {
        let size = scope.name.utf8.count + scope.fields.utf8.count
        guard hasRoom(scopes.count < WireScope.most, size) else { return false }
        scopes.append(FoundScope(scope, redactor))
        return true
    }

    mutating func take(_ gap: WireGap, _ redactor: Redactor) -> Bool {
        guard hasRoom(gaps.count < WireGap.most, gap.message.utf8.count) else { return false }
        gaps.append(FoundGap(gap, redactor))
        return true
    }

    private mutating func hasRoom(_ isOne: Bool, _ size: Int) -> Bool {
        bytes += size
        if !isOne || bytes > PusherLimits.foundBytesPerCall { isCut = true }
        return isOne && bytes <= PusherLimits.foundBytesPerCall
    }
}
