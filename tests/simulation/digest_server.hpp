// A server that wants Digest, and checks every answer by its own arithmetic.
#pragma once

#include "https_server.hpp"
#include "tls/hash.hpp"

#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace simulation {

struct digest_server {
    // What it asks for.
    std::string user = "Mufasa";
    std::string password = "Circle of Life";
    std::string realm = "lions";
    std::string algorithm = "SHA-256";
    std::string qop = "auth";
    std::string more = {};  ///< parameters of the challenge
    unsigned uses = 0;      ///< of a nonce; then it is stale. 0: no limit
    bool names_next = false;
    bool says_stale = true;
    std::string granted = {};  ///< the whole answer to who is right; empty: a 200

    // What it saw.
    std::vector<std::string> seen = {};
    unsigned right = 0;
    unsigned wrong = 0;
    unsigned stale = 0;
    unsigned replays = 0;
    unsigned challenges = 0;

    /// For network::listen().
    task<> operator()(server_stream& client) {
        web_stream web(client, "");
        for (;;) {
            const std::string request = co_await web.request();
            co_await web.respond(reply(request));
        }
    }

    /// The same until somebody is right; what follows is the caller's.
    task<> let_in(server_stream& client) {
        web_stream web(client, "");
        const unsigned before = right;
        while (right == before) {
            const std::string request = co_await web.request();
            co_await web.respond(reply(request));
        }
    }

    /// What it says to a request.
    std::string reply(const std::string& request) {
        seen.push_back(request);
        return answer(request);
    }

    /// The server has forgotten its nonces.
    void restart() {
        ++generation;
        used = 0;
    }

private:
    unsigned generation = 1;
    unsigned used = 0;  // of the nonce
    std::set<std::string> counts = {};

    std::string nonce() const { return "nonce\"" + std::to_string(generation); }

    std::string h(std::string_view text) const {
        const auto which = algorithm.starts_with("MD5")       ? skein::tls::hash::md5
                           : algorithm.starts_with("SHA-256") ? skein::tls::hash::sha256
                                                              : skein::tls::hash::sha512_256;
        return skein::tls::hash_hex(which, text);
    }

    std::string challenge(bool is_stale) {
        ++challenges;
        if (is_stale) ++stale;
        std::string text = "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"x\", Digest realm=\"" +
                           realm + "\", nonce=\"nonce\\\"" + std::to_string(generation) + "\", opaque=\"o\"";
        if (!qop.empty()) text += ", qop=\"" + qop + "\"";
        if (!algorithm.empty()) text += ", algorithm=" + algorithm;
        if (is_stale && says_stale) text += ", stale=true";
        return text + more + "\r\nContent-Length: 6\r\n\r\ndenied";
    }

    std::string expected(const skein::auth_challenge& said, const std::string& request) const {
        const auto get = [&](const char* name) { return std::string(said.get(name).value_or("")); };
        const auto line = request.substr(0, request.find(" HTTP/1.1\r\n"));
        const auto space = line.find(' ');
        std::string who = h(user + ":" + realm + ":" + password);
        if (algorithm.ends_with("-sess")) who = h(who + ":" + nonce() + ":" + get("cnonce"));
        std::string what = line.substr(0, space) + ":" + line.substr(space + 1);
        if (get("qop") == "auth-int") what += ":" + h(request.substr(request.find("\r\n\r\n") + 4));
        if (get("qop").empty()) return h(who + ":" + nonce() + ":" + h(what));
        return h(who + ":" + nonce() + ":" + get("nc") + ":" + get("cnonce") + ":" + get("qop") + ":" +
                 h(what));
    }

    std::string answer(const std::string& request) {
        const auto all = skein::auth_challenge::parse(field_of(request, "Authorization"));
        if (all.size() != 1 || !all[0].is("Digest")) return challenge(false);
        const auto& said = all[0];
        if (said.get("nonce") != nonce() || (uses != 0 && used == uses)) {
            if (said.get("nonce") == nonce()) restart();
            return challenge(true);
        }
        if (said.get("response") != expected(said, request)) {
            ++wrong;
            return challenge(false);
        }
        if (said.get("nc") && !counts.insert(nonce() + std::string(*said.get("nc"))).second) ++replays;
        ++used;
        ++right;
        if (!granted.empty()) return granted;
        std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n";
        if (names_next) {
            restart();
            text += "Authentication-Info: nextnonce=\"nonce\\\"" + std::to_string(generation) + "\"\r\n";
        }
        return text + "\r\nhere";
    }
};

}  // namespace simulation
