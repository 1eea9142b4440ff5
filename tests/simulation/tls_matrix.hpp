// What a row of corpora/tls_matrix.json asks for: certificates to make, a server to play, requests to send.
#pragma once

#include "pki.hpp"
#include "tls_server.hpp"

#include <skein/tls_context.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace simulation {

/// What the server of a row does once it is connected to.
enum class play {
    answer,           // shakes hands and answers
    plain_http,       // speaks HTTP in clear
    alert,            // refuses with a fatal alert
    renegotiate,      // asks for another handshake before it answers
    key_updates,      // sends very many KeyUpdates
    tickets,          // sends very many session tickets
    cut_handshake,    // closes after so many bytes of its handshake, for every number
    reset_handshake,  // resets there
    stall_handshake   // says nothing more from there on
};

/// How the body of an answer is framed and how it ends.
struct body_plan {
    enum class framing { length, chunked, close } how = framing::length;
    bool whole = true;
    bool close_notify = true;  // before the connection ends, if it ends after the answer
    bool ends = false;
};

struct row_plan {
    std::string id;
    std::string expect;
    skein::test::server_options server;  // without the chain
    play does = play::answer;
    std::size_t flood = 10'000;
    std::string alert;  // its record
    body_plan body;
    std::vector<std::string> urls;
    std::vector<skein::tls_context> contexts;  // of each request
    skein::test::identity root;                // that is trusted
    nlohmann::json certificate;
    bool keeps_connections = true;

    /// For every number of bytes of the handshake.
    bool is_cut_short() const {
        return does == play::cut_handshake || does == play::reset_handshake || does == play::stall_handshake;
    }

    /// The certificates that the server shows as that host.
    std::vector<skein::test::identity> chain_for(const std::string& host) const;
    /// Of a URL, without brackets, in lower case.
    static std::string host_of(const std::string& url);
};

/// Throws std::runtime_error for a row that asks for what is not known here.
row_plan plan_of(const nlohmann::json& row);

}  // namespace simulation
