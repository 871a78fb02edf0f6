internal import CKeyturnPusher
internal import JSON

/// A place that `kt.find/1` reported, copied, and what is wrong with its form.
struct FoundPlace: Sendable {
    /// The bytes of its texts that are looked at. Those of the fields are what keyturn reads at most.
    private static let limits = (place: 2 << 10, fields: Int(KT_MAX_PLACE_FIELDS), short: 1 << 10)

    var place = ""
    var fields = ""
    var keyID = ""
    var changedAt = ""
    /// Of `below`, as a JSON list.
    var names = ""
    var audience = ""
    var state = ""
    var faults: [String] = []

    init(_ raw: UnsafePointer<kt_found_place>?) {
        guard let found = received(raw, atLeast: KT_MIN_SIZE_FOUND_PLACE, kt_found_place()) else {
            faults = ["kt_found_place.size is below \(KT_MIN_SIZE_FOUND_PLACE): set it to sizeof"]
            return
        }
        place = text(found.place, limit: Self.limits.place)
        fields = text(found.fields, limit: Self.limits.fields)
        keyID = text(found.key_id, limit: Self.limits.short)
        changedAt = text(found.changed_at, limit: Self.limits.short)
        names = text(found.names, limit: Self.limits.fields)
        audience = text(found.audience, limit: Self.limits.short)
        state = text(found.state, limit: Self.limits.short)
        for (name, string, limit) in [
            ("place", found.place, Self.limits.place), ("fields", found.fields, Self.limits.fields),
            ("key_id", found.key_id, Self.limits.short), ("changed_at", found.changed_at, Self.limits.short),
            ("names", found.names, Self.limits.fields), ("audience", found.audience, Self.limits.short),
            ("state", found.state, Self.limits.short),
        ] where string.length > limit {
            faults.append("\(name) has \(string.length) bytes; \(limit) are the most")
        }
    }

    /// The fields as texts by name; nil: they are not a JSON object of strings.
    var texts: [String: String]? {
        guard let members = JSONValue(parsing: Array(fields.utf8))?.object else { return nil }
        let texts = members.compactMapValues(\.string)
        return texts.count == members.count ? texts : nil
    }
}

/// A scope, as the plugin reported it or an operator named it.
struct FoundScope: Sendable, Hashable {
    var name = ""
    var fields = ""
    var faults: [String] = []

    /// One that an operator named.
    init(name: String) { self.name = name }

    init(_ raw: UnsafePointer<kt_scope>?) {
        guard let found = received(raw, atLeast: KT_MIN_SIZE_SCOPE, kt_scope()) else {
            faults = ["kt_scope.size is below \(KT_MIN_SIZE_SCOPE): set it to sizeof"]
            return
        }
        name = text(found.name, limit: 2 << 10)
        fields = text(found.fields, limit: Int(KT_MAX_PLACE_FIELDS))
        if found.fields.length > KT_MAX_PLACE_FIELDS {
            faults.append("fields has \(found.fields.length) bytes; \(KT_MAX_PLACE_FIELDS) are the most")
        }
    }
}

/// A part that was not seen, as the plugin reported it.
struct FoundGap: Sendable {
    var outcome = KT_OK
    var part = ""
    var message = ""
    var faults: [String] = []

    init(_ raw: UnsafePointer<kt_found_gap>?) {
        guard let found = received(raw, atLeast: KT_MIN_SIZE_FOUND_GAP, kt_found_gap()) else {
            faults = ["kt_found_gap.size is below \(KT_MIN_SIZE_FOUND_GAP): set it to sizeof"]
            return
        }
        outcome = found.outcome
        part = text(found.part, limit: 2 << 10)
        message = text(found.message, limit: 64 << 10)
    }
}
