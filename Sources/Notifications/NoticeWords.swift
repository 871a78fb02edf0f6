internal import Rotation

/// A notice in words.
struct NoticeWords {
    /// Users that a text names.
    private static let longestList = 10

    private let notice: Notice
    private var first: Notice.Member { notice.members[0] }
    private var news: NotificationEvent { first.news }
    private var count: Int { notice.members.count }

    init(_ notice: Notice) { self.notice = notice }

    var severity: Message.Severity {
        switch notice.occasion {
        case .blocked:
            let isCritical = notice.members.contains { member in
                member.rotation.hasActiveLeak || member.rotation.deliveries.values.contains(where: \.mayBeTorn)
            }
            return isCritical ? .critical : .error
        case .drift:
            let drifts = notice.members.flatMap { $0.rotation.deliveries.values.compactMap(\.drift?.kind) }
            return drifts.contains(.deletedKey) ? .critical : .warning
        case .overAge: return .warning
        case .configuration: return .error
        case .recovered, .delivered, .completed, .revoked: return .info
        }
    }

    var title: String {
        let who = count == 1 && !notice.isUpdate ? first.user : "\(count + notice.known) users"
        let isMany = count + notice.known > 1
        let reason = notice.cause?.id ?? news.problem ?? "a problem"
        return switch notice.occasion {
        case .blocked: "\(who) \(isMany ? "are" : "is") blocked: \(reason)"
        case .drift: "\(who): drift"
        case .overAge: "\(who): a key is older than max-age"
        case .recovered: "\(who) \(isMany ? "go" : "goes") on: \(reason) is over"
        case .delivered: "\(who): the new key of rotation \(news.rotation) is delivered"
        case .completed: isMany ? "\(count) rotations are complete" : "\(who): rotation \(news.rotation) is complete"
        case .revoked: "\(who): the leaked key is dead"
        case .configuration: "a changed configuration cannot be used"
        }
    }

    var text: String { count > 1 || notice.isUpdate ? textOfMany : Self.typed(textOfOne, for: first.user) }

    private var textOfOne: String {
        let user = first.user
        switch news.occasion {
        case .blocked: return "\(user) needs attention: \(news.message ?? "it does not go on")\(again)"
        case .drift:
            return "\(user): a target has changed: \(news.message ?? "it shows another key than was confirmed")"
        case .overAge:
            return "\(user): the key \(news.key?.rawValue ?? "") is Active and older than max-age"
                + (first.rotation.trouble.map { ": \($0)" } ?? "")
        case .recovered: return end(of: user)
        case .delivered:
            let key = news.key?.rawValue ?? "the new key"
            return
                "\(user): every target has confirmed \(key) of rotation \(news.rotation)\(exception); the old key stays Active for the overlap"
        case .completed:
            let key = news.key?.rawValue ?? "the new key"
            return "\(user): rotation \(news.rotation) is complete, every target holds \(key)\(exception)"
        case .revoked: return "\(user): the leaked key \(news.key?.rawValue ?? "") is dead"
        case .configuration: return "a changed configuration cannot be used"
        }
    }

    /// That keyturn pushes again by itself, where all that is wrong are targets that have not confirmed.
    private var again: String {
        let isPushed = first.rotation.phase == .delivering || first.rotation.phase == .overlap
        return news.occasion == .blocked && first.rotation.problem == nil && isPushed
            ? "; keyturn tries again by itself" : ""
    }

    /// What "every target" does not mean.
    private var exception: String { first.rotation.exception.map { ", \($0)" } ?? "" }

    private func end(of user: String) -> String {
        switch news.ended {
        case .drift: "\(user): every target holds the right key again"
        case .overAge: "\(user): the key that was older than max-age is replaced"
        default: "\(user) goes on: what blocked it (\(news.problem ?? "a problem")) is over"
        }
    }

    private var textOfMany: String {
        let example = Self.typed(news.message ?? "", for: first.user) + again
        let reason = notice.cause?.id ?? news.problem ?? "a problem"
        switch news.occasion {
        case .blocked where notice.isUpdate:
            return
                "\(count) more \(count == 1 ? "user needs" : "users need") attention for a reason that was reported before "
                + "(\(reason)): \(names). With them it is \(count + notice.known) users; `keyturn status` lists them"
        case .blocked:
            return
                "\(count) users need attention\(notice.cause == nil ? "" : " for one reason") (\(reason)): \(names). "
                + "The first, \(first.user): \(example). `keyturn status` lists all"
        case .drift:
            return "targets of \(count) users have changed: \(names). The first, \(first.user): \(example). "
                + "`keyturn status` lists all"
        case .overAge: return "\(count) users have a key that is Active and older than max-age: \(names)"
        case .recovered: return "\(count) users go on: what was reported (\(reason)) is over: \(names)"
        case .delivered: return "the new keys of \(count) users are delivered: \(names)"
        case .completed:
            let isWhole = notice.members.allSatisfy { $0.rotation.exception == nil }
            let targets = isWhole ? "every target" : "every target that was not left out"
            return "\(count) rotations are complete, and \(targets) holds the new key: \(names)"
        case .revoked: return "the leaked keys of \(count) users are dead: \(names)"
        case .configuration: return "a changed configuration cannot be used"
        }
    }

    private var names: String { listed(notice.members.map(\.user), most: Self.longestList) }

    /// A sentence of a rotation, which does not know its user's name, so that what it says to type can be typed.
    private static func typed(_ sentence: String, for user: String) -> String {
        sentence.replacing(" USER", with: " \(user)").replacing("--reason REASON", with: "--reason \"as reported\"")
    }
}
