// Challenges: one and several in a field, in several fields, and what is not one.
#include <skein/auth_challenge.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using skein::auth_challenge;
using skein::headers;

namespace {

// "Digest{realm=a,qop=auth} Negotiate:abc==", the challenges as they were understood.
std::string read(std::string_view value) {
    std::string out;
    for (const auto& one : auth_challenge::parse(value)) {
        if (!out.empty()) out += ' ';
        out += one.scheme;
        if (!one.token68.empty()) out += ':' + one.token68;
        if (one.params.empty()) continue;
        out += '{';
        for (const auto& p : one.params) out += p.name + '=' + p.value + ',';
        out.back() = '}';
    }
    return out;
}

}  // namespace

TEST_CASE("one challenge, with parameters, with a token, with nothing") {
    CHECK(read("Basic realm=\"a, b\"") == "Basic{realm=a, b}");
    CHECK(read("Basic realm=simple") == "Basic{realm=simple}");
    CHECK(read("Basic  Realm = \"x\" , CHARSET=UTF-8") == "Basic{realm=x,charset=UTF-8}");
    CHECK(read("Negotiate") == "Negotiate");
    CHECK(read("Negotiate YII/+a==") == "Negotiate:YII/+a==");
    CHECK(read("Custom a=") == "Custom:a=");
    CHECK(read("Custom a") == "Custom:a");
    CHECK(read("Custom a=b") == "Custom{a=b}");
    CHECK(read("").empty());
    CHECK(read(" , ,").empty());
}

TEST_CASE("several challenges in one field: a comma may be followed by a parameter or by a scheme") {
    // RFC 9110, section 11.6.1.
    CHECK(read("Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"") ==
          "Basic{realm=simple} Newauth{realm=apps,type=1,title=Login to \"apps\"}");
    CHECK(read("Negotiate, Basic realm=x") == "Negotiate Basic{realm=x}");
    CHECK(read("Negotiate abc=,Digest realm=\"d\",,nonce=\"n\" ,NTLM") ==
          "Negotiate:abc= Digest{realm=d,nonce=n} NTLM");
    CHECK(read("A,B,C") == "A B C");
}

TEST_CASE("all fields of the name are read, and only those") {
    headers fields;
    fields.append("WWW-Authenticate", "Basic realm=a");
    fields.append("Proxy-Authenticate", "Basic realm=p");
    fields.append("www-authenticate", "broken=\"");
    fields.append("www-authenticate", "Digest realm=b");
    const auto all = auth_challenge::parse(fields);
    REQUIRE(all.size() == 2);
    CHECK(all[0].is("BASIC"));
    CHECK(all[0].get("REALM") == "a");
    CHECK_FALSE(all[0].get("nonce"));
    CHECK(all[1].is("digest"));
    CHECK(auth_challenge::parse(fields, "Proxy-Authenticate").size() == 1);
}

TEST_CASE("a fault ends a field, and takes the challenge with it in which it may be") {
    CHECK(read("Basic realm=\"a\", Digest realm=\"b") == "Basic{realm=a}");
    CHECK(read("Basic realm=\"a\", Digest realm=\"b\" nonce=c") == "Basic{realm=a}");
    CHECK(read("Basic realm=a, Digest realm=b, realm=c") == "Basic{realm=a}");
    CHECK(read("Basic realm=a, Digest realm=b, Realm=c") == "Basic{realm=a}");
    CHECK(read("Basic realm=").find("{") == std::string::npos);
    CHECK(read("Basic realm=\"a\\").empty());
    CHECK(read("realm=a").empty());
    CHECK(read("Negotiate abc==, realm=a").empty());
    CHECK(read("Basic realm=\"a\", (x)").empty());
    CHECK(read("Basic\x01 realm=a").empty());
    CHECK(read("Bas;ic realm=a").empty());
}

TEST_CASE("a value has no control characters, and a challenge no flood of parameters") {
    CHECK(read("Digest realm=\"a\nX: y\"").empty());
    CHECK(read(std::string("Digest realm=\"a\0b\"", 18)).empty());
    CHECK(read("Digest realm=\"a\\\rb\"").empty());
    CHECK(read("Digest realm=\"a\tb\"") == "Digest{realm=a\tb}");
    std::string many = "Digest a=b";
    for (std::size_t i = 1; i < auth_challenge::max_params; ++i) many += ", p" + std::to_string(i) + "=1";
    CHECK_FALSE(read(many).empty());
    CHECK(read(many + ", last=1").empty());
}
