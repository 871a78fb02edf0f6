import CKeyturnPusher
import Foundation
import Testing

private let names = #""access-key-id":"AWS_ACCESS_KEY_ID","secret-access-key":"AWS_SECRET_ACCESS_KEY""#
private let workspace = #"{"organization":"acme","workspace":"prod",\#(names)}"#
private let variableSet = #"{"organization":"acme","variable-set":"aws",\#(names)}"#
private let setID = "varset-0123456789abcdef"
private let byID = #"{"organization":"acme","variable-set":"\#(setID)",\#(names)}"#
private let terraform = #"{"organization":"acme","workspace":"prod","category":"terraform",\#(names)}"#
private let base = "https://app.terraform.io/api/v2"

/// The workspace that a target names.
private func place(_ attributes: String = #""permissions":{"can-update-variable":true}"#) -> Reply {
    .status(200, #"{"data":{"id":"ws-1","type":"workspaces","attributes":{"name":"prod",\#(attributes)}}}"#)
}

private func variable(
    _ id: String, _ key: String, _ value: String?, sensitive: Bool = false, category: String = "env", hcl: Bool = false,
    set: String? = nil
) -> String {
    let value = value.map { "\"\($0)\"" } ?? "null"
    let from = set.map { #","relationships":{"varset":{"data":{"id":"\#($0)","type":"varsets"}}}"# } ?? ""
    return #"{"id":"\#(id)","type":"vars","attributes":{"key":"\#(key)","value":\#(value),"sensitive":\#(sensitive),"#
        + #""category":"\#(category)","hcl":\#(hcl)}\#(from)}"#
}

private func list(_ variables: String..., next: Int? = nil) -> Reply {
    let meta = next.map { #","meta":{"pagination":{"next-page":\#($0)}}"# } ?? ""
    return .status(200, #"{"data":[\#(variables.joined(separator: ","))]\#(meta)}"#)
}

private func one(_ status: UInt32, _ variable: String) -> Reply { .status(status, #"{"data":\#(variable)}"#) }

private func error(_ status: UInt32, _ title: String, _ headers: [String: String] = [:]) -> Reply {
    .status(status, #"{"errors":[{"status":"\#(status)","title":"\#(title)"}]}"#, headers)
}

private let oldID = variable("var-1", "AWS_ACCESS_KEY_ID", "AKIAOLD1")
private let newID = variable("var-1", "AWS_ACCESS_KEY_ID", HostSession.keyID)
private let hiddenID = variable("var-1", "AWS_ACCESS_KEY_ID", nil, sensitive: true)
private let secret = variable("var-2", "AWS_SECRET_ACCESS_KEY", nil, sensitive: true)
private let openSecret = variable("var-2", "AWS_SECRET_ACCESS_KEY", "readable")
private let done = Reply.status(204)

@Suite("HCP Terraform") struct TerraformCloudTests {
    private func push(_ target: String, _ replies: Reply...) throws -> Ending {
        try HostSession(.terraform).push(target, replies)
    }

    private func sets(_ sets: (id: String, name: String)...) -> Reply {
        let items = sets.map { #"{"id":"\#($0.id)","type":"varsets","attributes":{"name":"\#($0.name)"}}"# }
        return .status(200, #"{"data":[\#(items.joined(separator: ","))]}"#)
    }

    @Test func `one request writes both variables of a workspace, and the key ID is read back`() throws {
        let end = try push(workspace, place(), list(oldID, secret), done, list(newID, secret))
        end.expect(
            KT_OK, "HCP Terraform: acme/prod: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY written by one request")
        #expect(end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(
            end.lines == [
                "GET \(base)/organizations/acme/workspaces/prod", "GET \(base)/workspaces/ws-1/vars",
                "PATCH \(base)/workspaces/ws-1/relationships/vars", "GET \(base)/workspaces/ws-1/vars",
            ])
        #expect(
            end.requests[2].body
                == #"{"data":[{"type":"vars","id":"var-2","attributes":{"value":"wJalrXUtnFEMI/K7MDENG+bPxRfiCY\"EXAMPLE\\KEY"}},"#
                + #"{"type":"vars","id":"var-1","attributes":{"value":"AKIAIOSFODNN7EXAMPLE"}}]}"#)
    }

    @Test func `variables that are not there are created, the secret first and sensitive`() throws {
        let end = try push(workspace, place(), list(), one(201, secret), one(201, newID), list(newID, secret))
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_READ_BACK)
        #expect(end.lines[2...3] == ["POST \(base)/workspaces/ws-1/vars", "POST \(base)/workspaces/ws-1/vars"])
        #expect(end.requests[2].body.contains(#""key":"AWS_SECRET_ACCESS_KEY","category":"env","hcl":false"#))
        #expect(end.requests[2].body.contains(#""sensitive":true"#))
        #expect(
            end.requests[3].body
                == #"{"data":{"type":"vars","attributes":{"key":"AWS_ACCESS_KEY_ID","category":"env","hcl":false,"#
                + #""value":"AKIAIOSFODNN7EXAMPLE","sensitive":false}}}"#)
    }

    @Test func `of a sensitive variable the value alone is sent, and a readable secret is made sensitive`() throws {
        let end = try push(workspace, place(), list(hiddenID, openSecret), done, list(hiddenID, secret))
        #expect(end.outcome == KT_OK && end.report?.evidence == KT_EVIDENCE_ACKNOWLEDGED)
        let attributes = end.requests[2].body.components(separatedBy: #""attributes":"#)
        #expect(attributes[1].contains(#""sensitive":true"#))
        #expect(attributes[2] == #"{"value":"AKIAIOSFODNN7EXAMPLE"}}]}"#)
        try push(workspace, place(), list(oldID, openSecret), done, list(newID, openSecret)).expect(
            KT_CONFLICT, "HCP Terraform: AWS_SECRET_ACCESS_KEY in acme/prod: it is not sensitive")
    }

    @Test func `where there is no request for both, they are written one after the other`() throws {
        for status: UInt32 in [404, 405] {
            let end = try push(
                workspace, place(), list(oldID, secret), error(status, "not found"), one(200, secret), one(200, newID),
                list(newID, secret))
            end.expect(KT_OK, "HCP Terraform: acme/prod", "one after the other")
            #expect(
                end.lines[3...4] == [
                    "PATCH \(base)/workspaces/ws-1/vars/var-2", "PATCH \(base)/workspaces/ws-1/vars/var-1",
                ])
        }
        let page = Reply.status(404, "<html></html>", ["content-type": "text/html"])
        #expect(try push(workspace, place(), list(oldID, secret), page).requests.count == 3)
    }

    @Test func `a list that shows another key ID, or no secret, confirms nothing`() throws {
        for after in [list(oldID, secret), list(newID), list(secret)] {
            try push(workspace, place(), list(oldID, secret), done, after).expect(
                KT_RETRYABLE, "HCP Terraform: acme/prod: written, but the list does not show the new key ID")
        }
        try push(workspace, place(), list(), one(201, newID)).expect(
            KT_RETRYABLE, "HCP Terraform: AWS_SECRET_ACCESS_KEY in acme/prod: 201")
    }

    @Test func `a variable set is found by its exact name, on whatever page, and written by its ID`() throws {
        let first = Reply.status(
            200, #"{"data":[{"id":"varset-9","type":"varsets","attributes":{"name":"aws-2"}}],"meta":{"next-page":2}}"#)
        let end = try push(
            variableSet, first, sets((setID, "aws")), list(oldID, next: 2), list(secret), one(200, secret),
            one(200, newID), list(newID, secret))
        end.expect(KT_OK, "HCP Terraform: variable set aws of acme", "one after the other")
        let variables = "\(base)/varsets/\(setID)/relationships/vars"
        #expect(
            end.lines == [
                "GET \(base)/organizations/acme/varsets?q=aws",
                "GET \(base)/organizations/acme/varsets?q=aws&page%5Bnumber%5D=2", "GET \(variables)",
                "GET \(variables)?page%5Bnumber%5D=2", "PATCH \(variables)/var-2", "PATCH \(variables)/var-1",
                "GET \(variables)",
            ])
    }

    @Test func `a variable set that is not there, or there twice, is named, and its ID is taken as it is`() throws {
        try push(variableSet, sets(("varset-9", "aws-2"))).expect(
            KT_NOT_FOUND, "HCP Terraform: variable set aws of acme: there is no such variable set")
        try push(variableSet, sets(("varset-1", "aws"), ("varset-2", "aws"))).expect(
            KT_CONFLICT, "HCP Terraform: variable set aws of acme: 2 variable sets have this name")
        #expect(try push(byID, error(404, "not found")).lines == ["GET \(base)/varsets/\(setID)"])
    }

    @Test func `the other category's variable of the name is another one, and HCL is left alone`() throws {
        let other = variable("var-7", "AWS_ACCESS_KEY_ID", "theirs", category: "terraform")
        let end = try push(workspace, place(), list(other, oldID, secret), done, list(other, newID, secret))
        #expect(end.outcome == KT_OK && !end.requests[2].body.contains("var-7"))
        let expression = variable("var-7", "AWS_ACCESS_KEY_ID", "[1]", category: "terraform", hcl: true)
        try push(terraform, place(), list(expression)).expect(
            KT_CONFLICT, "HCP Terraform: AWS_ACCESS_KEY_ID in acme/prod: its value is written in HCL")
        try push(workspace, place(), list(oldID, oldID)).expect(
            KT_CONFLICT, "HCP Terraform: AWS_ACCESS_KEY_ID in acme/prod: there are 2 of that name")
    }

    @Test func `a token that may not write is named before anything is written`() throws {
        let end = try push(workspace, place(#""permissions":{"can-update-variable":false}"#))
        end.expect(KT_UNAUTHORIZED, "HCP Terraform: acme/prod: the token may not write")
        #expect(end.requests.count == 1)
    }

    @Test func `check says what runs see instead`() throws {
        let session = try HostSession(.terraform)
        let hidden = variable("var-9", "AWS_ACCESS_KEY_ID", "AKIAOTHER", set: "varset-7")
        let local = place(#""execution-mode":"local","permissions":null"#)
        let end = session.check(workspace, [local, list(oldID, secret), list(hidden, secret)])
        end.expect(
            KT_OK, "HCP Terraform: acme/prod: the variables can be read", "is in variable set varset-7 too",
            "execution mode is local")
        #expect(!end.message.contains("AWS_SECRET_ACCESS_KEY is in"))
    }

    @Test func `a list that does not end is left`() throws {
        let session = try HostSession(.terraform)
        session.answering = { $0.url.contains("varsets?") ? list(next: 2) : place() }
        let end = session.push(variableSet, [])
        end.expect(KT_INTERNAL, "HCP Terraform: variable set aws of acme: the list does not end")
        #expect(end.requests.count == 50)
    }

    @Test func `inspect reads the key ID where it can be read`() throws {
        let session = try HostSession(.terraform)
        #expect(session.inspect(workspace, [place(), list(newID)]).report?.keyID == HostSession.keyID)
        let end = session.inspect(workspace, [place(), list(hiddenID)])
        end.expect(KT_OK, "HCP Terraform: AWS_ACCESS_KEY_ID in acme/prod: sensitive")
        #expect(end.report?.keyID == "")
    }

    @Test func `each answer ends as the README says`() throws {
        try Page(library: .terraform).expect("answers", AnswerRow.head + rows.map { try $0.made(by: .terraform) })
    }

    @Test func `the fields are the manifest's`() throws {
        let page = Page(library: try .terraform)
        try page.expect("fields", page.fields())
    }

    private var rows: [AnswerRow] {
        func row(_ answer: String, _ replies: Reply..., to target: String = workspace) -> AnswerRow {
            AnswerRow(answer: answer, target: target, replies: replies)
        }
        let found = [place(), list(oldID, secret)]
        func check(_ answer: String, _ replies: Reply...) -> AnswerRow {
            AnswerRow(answer: answer, question: .check, target: workspace, replies: replies)
        }
        return [
            row("204 to both by one request", found[0], found[1], done, list(newID, secret)),
            row("201 with both variables", place(), list(), one(201, secret), one(201, newID), list(newID, secret)),
            row("204, and a key ID that is sensitive", place(), list(hiddenID, secret), done, list(hiddenID, secret)),
            row("a list with another key ID since", found[0], found[1], done, list(oldID, secret)),
            row("a list with a secret that can be read since", found[0], found[1], done, list(newID, openSecret)),
            row("a workspace without the right to write", place(#""permissions":{"can-update-variable":false}"#)),
            row("a list without the variable set", list(), to: variableSet),
            row("401", error(401, "unauthorized")),
            row("404", error(404, "not found")),
            row("422", place(), list(), error(422, "invalid attribute")),
            row("422 of a name that is taken", place(), list(), error(422, "Key has already been taken")),
            row("429 with X-RateLimit-Reset", error(429, "Too many requests", ["x-ratelimit-reset": "0.5"])),
            row("500, 502, 503", error(502, "bad gateway")),
            row("200 with a web page", .status(200, "<html>sign in</html>")),
            row("302 to a sign-in page", .status(302, "", ["location": "https://app.terraform.io/session/login"])),
            row("no connection", .error(KT_HTTP_UNREACHABLE, "connection refused")),
            check("200", place(), list(oldID), list(oldID)),
            check(
                "200, and a variable set goes first", place(), list(oldID, secret),
                list(variable("var-9", "AWS_ACCESS_KEY_ID", "AKIAOTHER", set: "varset-7"), secret)),
            AnswerRow(answer: "200", question: .inspect, target: workspace, replies: [place(), list(oldID)]),
            AnswerRow(
                answer: "200, sensitive", question: .inspect, target: workspace, replies: [place(), list(hiddenID)]),
            AnswerRow(
                answer: "200 without the variable", question: .inspect, target: workspace, replies: [place(), list()]),
        ]
    }
}
