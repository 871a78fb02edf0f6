internal import CKeyturnPusher
internal import RunnerProtocol

/// How much a call has found: the host hears of one more than it takes, so that it can say that there is more.
struct FoundCounts {
    private var places = 0
    private var scopes = 0
    private var gaps = 0

    mutating func countPlace() -> Int {
        places += 1
        return places
    }

    mutating func countScope() -> Int {
        scopes += 1
        return scopes
    }

    mutating func countGap() -> Int {
        gaps += 1
        return gaps
    }
}

/// What a call finds, handed on to the host.
extension Call {
    /// What `around` and `below` report to. There for ever.
    nonisolated(unsafe) static let finder: UnsafePointer<kt_found> = {
        let table = UnsafeMutablePointer<kt_found>.allocate(capacity: 1)
        table.initialize(to: kt_found())
        table.pointee.size = size(of: kt_found.self)
        table.pointee.place = { Call.owner(of: $0)?.foundPlace($1) }
        table.pointee.scope = { Call.owner(of: $0)?.foundScope($1) }
        table.pointee.gap = { Call.owner(of: $0)?.foundGap($1) }
        return UnsafePointer(table)
    }()

    private func foundPlace(_ pointer: UnsafePointer<kt_found_place>?) {
        guard let place = received(pointer, atLeast: KT_MIN_SIZE_FOUND_PLACE, kt_found_place()) else { return }
        guard place.fields.length <= UInt64(KT_MAX_PLACE_FIELDS), place.names.length <= UInt64(KT_MAX_PLACE_FIELDS),
            count(below: WirePlace.most, { $0.countPlace() })
        else { return }
        var message = WirePlace(
            place: text(place.place, limit: 2 << 10), fields: text(place.fields),
            keyID: text(place.key_id, limit: 1 << 10), changedAt: text(place.changed_at, limit: 1 << 10))
        message.names = text(place.names)
        message.audience = text(place.audience, limit: 1 << 10)
        message.state = text(place.state, limit: 1 << 10)
        message.level = place.level
        send(.place, message)
    }

    private func foundScope(_ pointer: UnsafePointer<kt_scope>?) {
        guard let scope = received(pointer, atLeast: KT_MIN_SIZE_SCOPE, kt_scope()) else { return }
        guard scope.fields.length <= UInt64(KT_MAX_PLACE_FIELDS), count(below: WireScope.most, { $0.countScope() })
        else { return }
        send(.scope, WireScope(name: text(scope.name, limit: 1 << 10), fields: text(scope.fields)))
    }

    private func foundGap(_ pointer: UnsafePointer<kt_found_gap>?) {
        guard let gap = received(pointer, atLeast: KT_MIN_SIZE_FOUND_GAP, kt_found_gap()) else { return }
        guard count(below: WireGap.most, { $0.countGap() }) else { return }
        send(
            .gap,
            WireGap(
                outcome: gap.outcome, part: text(gap.part, limit: 2 << 10),
                message: text(gap.message, limit: Self.textLimit)))
    }

    /// - Returns: whether the host is to hear of it.
    private func count(below most: Int, _ counter: (inout FoundCounts) -> Int) -> Bool {
        state.change { counter(&$0.found) <= most + 1 }
    }

    private func send(_ kind: Frame.Kind, _ message: some Message) {
        // A text that was repaired can have become longer.
        guard message.payload.count <= Frame.limitFromRunner(kind) ?? 0 else { return }
        channel.send(kind, call: id, message: message)
    }
}
