import CKeyturnPusher
import Testing

@Suite("XML that a credential does not have") struct JenkinsXMLTests {
    /// XML that could mean something else to Jenkins than to keyturn, or be without end.
    @Test(arguments: [
        ("<?xml version='1.1'?><!DOCTYPE x [<!ENTITY a \"b\">]><x/>", "a document type"),
        ("<x><!-- a --></x>", "a comment"),
        ("<x><![CDATA[a]]></x>", "CDATA"), ("<x>&a;</x>", "an entity"), ("<x>&#0;</x>", "an entity"),
        ("<x>&#x1;</x>", "an entity"), ("<x>&#133;</x>", "an entity"), ("<x>&#xD800;</x>", "an entity"),
        ("<x>&#+65;</x>", "an entity"), ("<x>&#x;</x>", "an entity"), ("<x>&#99999999;</x>", "an entity"),
        ("<x>a & b</x>", "not escaped"), ("<x>\u{1}</x>", "control characters"),
        ("<x>a<b/></x>", "text between elements"),
        ("<x><a></b></x>", "do not match"), ("<x></xy>", "do not match"), ("<x><a>", "ends in the middle"),
        ("<x/><y/>", "something behind"), ("<x/>\0", "something behind"), ("<x a=b/>", "malformed"),
        ("<x a='b/>", "malformed"), ("<x a='<'/>", "malformed"), ("<x a='b'c='d'/>", "malformed"), ("<x", "malformed"),
        ("x", "no XML element"), ("", "no XML element"),
        ("<?xml version='1.0' encoding='latin1'?><x/>", "another encoding"),
        ("<?xml version='1.0'", "does not end"), ("<a><b><c><d/></c></b></a>", "more elements"),
        ("<x>" + String(repeating: "<a/>", count: 64) + "</x>", "more elements"),
        ("<x>" + String(repeating: "a", count: 65_536) + "</x>", "more than 64 KB"),
        ("<" + String(repeating: "a", count: 201) + "/>", "of a kind"), ("<1/>", "of a kind"),
        ("<?pi?><x/>", "of a kind"),
    ])
    func `is not read`(text: String, words: String) throws {
        let end = try HostSession(.jenkins).push(
            #"{"credential":"aws-deploy"}"#, [.status(200, text, ["content-type": "application/xml;charset=utf-8"])])
        end.expect(KT_RETRYABLE, "Jenkins: credential aws-deploy: 200 (", words)
        #expect(end.requests.count == 1)
    }
}
