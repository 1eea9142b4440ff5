// Digest against the examples of its RFCs, and what those do not say.
#include "http/digest.hpp"
#include "tls/hash.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace skein;
using namespace skein::http;

namespace {

std::string hasher(digest_hash which, std::string_view text) {
    return tls::hash_hex(static_cast<tls::hash>(which), text);
}

std::string without_md5(digest_hash which, std::string_view text) {
    return which == digest_hash::md5 ? std::string() : hasher(which, text);
}

std::optional<digest_challenge> strongest(std::string_view field, digest_hasher with = hasher) {
    return strongest_digest(auth_challenge::parse(field), with);
}

digest_subject mufasa() {
    digest_subject s;
    s.user = "Mufasa";
    s.password = "Circle of Life";
    s.method = "GET";
    s.target = "/dir/index.html";
    s.body = "";
    s.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    return s;
}

std::string answer(std::string_view field, const digest_subject& subject) {
    const auto challenge = strongest(field);
    REQUIRE(challenge);
    return answer_digest(*challenge, subject, hasher).value_or("none");
}

// The value of one parameter of an answer.
std::string param(const std::string& answer, std::string_view name) {
    const auto parsed = auth_challenge::parse(answer);
    REQUIRE(parsed.size() == 1);
    return std::string(parsed[0].get(name).value_or("none"));
}

// RFC 7616, section 3.9.1.
const std::string rfc_md5 =
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, "
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
std::string with(std::string text, std::string_view what, std::string_view instead) {
    const auto at = text.find(what);
    REQUIRE(at != text.npos);
    return text.replace(at, what.size(), instead);
}
std::string only_auth(std::string_view hash) {
    return with(with(rfc_md5, "auth, auth-int", "auth"), "MD5", hash);
}

}  // namespace

TEST_CASE("the example of RFC 7616 with MD5 and SHA-256, as a whole") {
    const auto expected = [](const std::string& hash, const std::string& response) {
        return "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
               "algorithm=" +
               hash +
               ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
               "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"" +
               response + "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
    };
    CHECK(answer(only_auth("MD5"), mufasa()) == expected("MD5", "8ca523f5e9506fed4657c9700eebdbec"));
    CHECK(answer(only_auth("SHA-256"), mufasa()) ==
          expected("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
}

TEST_CASE("the example of RFC 7616 with SHA-512-256 and a hashed user name, with the RFC's erratum 4897") {
    digest_subject s;
    s.user = "J\xc3\xa4s\xc3\xb8n Doe";
    s.password = "Secret, or not?";
    s.method = "GET";
    s.target = "/doe.json";
    s.cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
    const auto got = answer(
        "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
        "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
        "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true",
        s);
    CHECK(param(got, "username") == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
    CHECK(param(got, "response") == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
    CHECK(param(got, "userhash") == "true");
}

TEST_CASE("the example of RFC 2617, and the same server without qop (RFC 2069)") {
    auto s = mufasa();
    s.password = "Circle Of Life";
    s.cnonce = "0a4f113b";
    const std::string field =
        "Digest realm=\"testrealm@host.com\", qop=\"auth\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
        "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    const auto got = answer(field, s);
    CHECK(param(got, "response") == "6629fae49393a05397450978507c4ef1");
    CHECK(param(got, "algorithm") == "none");  // not named by the server: it may not know the word
    const auto old = answer(with(field, "qop=\"auth\", ", ""), s);
    CHECK(param(old, "response") == "670fd8c2df070c60b045671b8b24ff02");
    for (const char* name : {"qop", "nc", "cnonce"}) CHECK(param(old, name) == "none");
}

TEST_CASE("a session's key, a covered body, and a count") {
    // Computed with Python's hashlib.
    auto s = mufasa();
    s.count = 10;
    const auto session = answer(only_auth("SHA-256-sess"), s);
    CHECK(param(session, "response") == "748317db84c65271b7674b657f77b6d9e80249588df09466740f18f44e8d43d2");
    CHECK(param(session, "nc") == "0000000a");
    CHECK(param(session, "algorithm") == "SHA-256-sess");
    auto post = mufasa();
    post.method = "POST";
    post.body = "a body";
    const auto covered = answer(with(rfc_md5, "MD5", "SHA-256"), post);
    CHECK(param(covered, "qop") == "auth-int");
    CHECK(param(covered, "response") == "a95b7ce72b72d6f746935df2dad3d9a06071265b595c918bf26a271bf043b21f");
}

TEST_CASE("a body that is not at hand is not covered; if it must be, there is no answer") {
    auto s = mufasa();
    s.body.reset();
    CHECK(param(answer(rfc_md5, s), "qop") == "auth");
    CHECK(answer(with(rfc_md5, "auth, auth-int", "auth-int"), s) == "none");
    s.body = "";
    CHECK(param(answer(with(rfc_md5, "auth, auth-int", "AUTH-INT"), s), "qop") == "auth-int");
}

TEST_CASE("the strongest hash that is known is answered, the first of equals") {
    const std::string md5 = "Digest realm=a, nonce=1, qop=auth, algorithm=MD5";
    const std::string sha = "Digest realm=b, nonce=2, qop=auth, algorithm=sha-256";
    const std::string sha512 = "Digest realm=c, nonce=3, qop=auth, algorithm=SHA-512-256-SESS";
    CHECK(strongest(md5 + ", " + sha + ", " + sha512)->realm == "c");
    CHECK(strongest(sha512 + ", " + sha + ", " + md5)->realm == "c");
    CHECK(strongest(md5 + ", " + sha)->realm == "b");
    CHECK(strongest(sha + ", " + with(sha, "realm=b", "realm=z"))->realm == "b");
    CHECK(strongest("Basic realm=x, " + md5)->realm == "a");
    CHECK(strongest(md5 + ", " + with(sha, "sha-256", "SHA-3"))->realm == "a");
    CHECK_FALSE(strongest(md5, without_md5));
    CHECK(strongest(md5 + ", " + sha, without_md5)->realm == "b");
}

TEST_CASE("a challenge without realm or nonce, or with only unknown protections, cannot be answered") {
    CHECK_FALSE(strongest("Digest realm=a"));
    CHECK_FALSE(strongest("Digest nonce=a"));
    CHECK_FALSE(strongest("Basic realm=a, nonce=b"));
    CHECK_FALSE(strongest("Digest realm=a, nonce=b, qop=\"later, authentic\""));
    CHECK_FALSE(strongest("Digest realm=a, nonce=b, algorithm=MD5-sess"));
    CHECK(strongest("Digest realm=a, nonce=" + std::string(max_digest_bytes - 1, 'n')));
    CHECK_FALSE(strongest("Digest realm=a, nonce=" + std::string(max_digest_bytes, 'n')));
    CHECK(strongest("Digest realm=a, nonce=b, qop=\"later,,auth\"")->auth);
    CHECK(strongest("Digest realm=a, nonce=b, stale=TRUE")->stale);
    CHECK_FALSE(strongest("Digest realm=a, nonce=b, stale=no")->stale);
}

TEST_CASE("quotes and backslashes are escaped, and hashed as they are meant") {
    auto s = mufasa();
    s.user = "a\"b\\c";
    const auto got = answer("Digest realm=\"r\\\"\\\\\", nonce=\"n\\\"\", opaque=\"o\\\\\", qop=auth", s);
    CHECK(got.find("username=\"a\\\"b\\\\c\", realm=\"r\\\"\\\\\"") != got.npos);
    CHECK(param(got, "username") == s.user);
    CHECK(param(got, "realm") == "r\"\\");
    CHECK(param(got, "opaque") == "o\\");
    const auto h = [](const std::string& text) { return hasher(digest_hash::md5, text); };
    const std::string first = h("a\"b\\c:r\"\\:Circle of Life");
    CHECK(param(got, "response") ==
          h(first + ":n\":00000001:" + std::string(s.cnonce) + ":auth:" + h("GET:/dir/index.html")));
}

TEST_CASE("a user name outside ASCII is UTF-8, in the extended form where the server speaks it") {
    auto s = mufasa();
    s.user = "J\xc3\xa4* n";
    const std::string field = "Digest realm=a, nonce=b, qop=auth";
    CHECK(answer(field, s).find("username=\"J\xc3\xa4* n\"") != std::string::npos);
    CHECK(answer(field + ", charset=utf-8", s).find("username*=UTF-8''J%C3%A4%2A%20n,") != std::string::npos);
    CHECK(param(answer(field + ", charset=UTF-8", s), "response") == param(answer(field, s), "response"));
    s.user = "plain";
    CHECK(param(answer(field + ", charset=UTF-8", s), "username") == "plain");
}

TEST_CASE("nothing of a challenge can bring a field of its own into the request") {
    for (const std::string& byte :
         {std::string("\n"), std::string("\r"), std::string("\r\n"), std::string(1, 0)})
        for (const char* name : {"realm", "nonce", "opaque", "domain"}) {
            std::string field = "Digest realm=\"r\", nonce=\"n\", opaque=\"o\", domain=\"d\", qop=auth";
            field.insert(field.find('"', field.find(name)) + 1, "a" + byte + "X: y");
            CHECK_FALSE(strongest(field));
        }
}

TEST_CASE("a nonce for the next request is taken from Authentication-Info") {
    const auto next = [](const char* value) {
        headers fields;
        fields.append("authentication-info", value);
        return next_nonce(fields).value_or("none");
    };
    CHECK(next("nextnonce=\"n2\", qop=auth, rspauth=\"6629\", cnonce=\"0a\", nc=00000001") == "n2");
    CHECK(next("qop=auth,NextNonce=n2") == "n2");
    CHECK(next("qop=auth") == "none");
    CHECK(next("nextnonce=\"\"") == "none");
    CHECK(next("nextnonce=\"n2\", broken=\"") == "none");
    CHECK_FALSE(next_nonce(headers()));
}

TEST_CASE("a protection space is the origin, or the paths that the domain parameter names in it") {
    const url asked("http://a.test/dir/page");
    const auto covers = [&](std::string_view domain, std::string_view to) {
        return protection_space(domain, asked).contains(url(to));
    };
    CHECK(covers("", "http://a.test/"));
    CHECK(covers(" ", "http://a.test:80/other?q"));
    for (const char* other : {"https://a.test/dir/", "http://b.test/dir/", "http://a.test:8080/dir/",
                              "http://www.a.test/dir/", "http://a.test./dir/"}) {
        CAPTURE(other);
        CHECK_FALSE(covers("", other));
        CHECK_FALSE(covers("/ " + url(other).origin() + "/", other));  // no origin speaks for another
    }
    CHECK(covers("/dir", "http://a.test/dir"));
    CHECK(covers("/dir", "http://a.test/dir/x"));
    CHECK(covers("/dir", "http://a.test/dir?q"));
    CHECK_FALSE(covers("/dir", "http://a.test/directory"));
    CHECK_FALSE(covers("/dir/", "http://a.test/dir"));
    CHECK_FALSE(covers("/dir/", "http://a.test/dir/../x"));
    CHECK(covers("/x /y/ http://a.test/z", "http://a.test/z/1"));
    CHECK(covers("/x  /y/", "http://a.test/y/"));
    CHECK_FALSE(covers("http://b.test/", "http://a.test/"));
    CHECK_FALSE(covers("http://[broken", "http://a.test/"));
}
