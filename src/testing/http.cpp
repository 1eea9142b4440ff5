// Owns HTTP as a server of a test speaks it. Does without the client's parser: a test must not agree with the
// client by sharing its mistakes.
#include <skein/testing_http.hpp>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace skein::testing {

namespace {

std::string_view line_of(std::string_view& text) {
    const auto end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 2);
    return line;
}

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(" \t");
    if (from == text.npos) return {};
    return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::size_t number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (fault != std::errc() || end == text.data())
        throw std::runtime_error("no length: " + std::string(text));
    return value;
}

received_request parse_head(std::string_view head) {
    received_request request;
    const std::string_view first = line_of(head);
    const auto space = first.find(' ');
    const auto last = first.rfind(' ');
    if (space == first.npos || last == space)
        throw std::runtime_error("this is no request line: " + std::string(first));
    request.method = first.substr(0, space);
    request.target = first.substr(space + 1, last - space - 1);
    for (std::string_view line = line_of(head); !line.empty(); line = line_of(head)) {
        const auto colon = line.find(':');
        if (colon == line.npos) throw std::runtime_error("this is no header: " + std::string(line));
        request.headers.append(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    }
    return request;
}

task<std::string> read_chunks(server_stream& client) {
    std::string body;
    for (;;) {
        const std::string line = co_await client.read_until("\r\n");
        const std::size_t size = number(line, 16);
        if (size == 0) break;
        body += co_await client.read_exactly(size);
        (void)co_await client.read_exactly(2);
    }
    for (std::string line = "x"; line != "\r\n";) line = co_await client.read_until("\r\n");
    co_return body;
}

task<std::optional<received_request>> read_one(server_stream& client) {
    std::string head = co_await client.read();
    if (head.empty()) co_return std::nullopt;
    client.unread(std::move(head));
    head = co_await client.read_until("\r\n\r\n");
    received_request request = parse_head(head);
    if (request.headers.contains("Transfer-Encoding"))
        request.body = co_await read_chunks(client);
    else if (const auto length = request.headers.get("Content-Length"))
        request.body = co_await client.read_exactly(number(*length, 10));
    co_return request;
}

task<> answer_each(server_stream& client, std::function<std::string(const received_request&)> answer) {
    while (const auto request = co_await read_one(client)) co_await client.write(answer(*request));
}

}  // namespace

task<std::optional<received_request>> read_request(server_stream& client) {
    return read_one(client);
}

std::string response_text(int status, std::string_view body, const headers& fields) {
    std::string text = "HTTP/1.1 " + std::to_string(status) + " " + (status < 400 ? "OK" : "Error") + "\r\n";
    for (const auto [name, value] : fields) text.append(name).append(": ").append(value).append("\r\n");
    const bool framed = fields.contains("Content-Length") || fields.contains("Transfer-Encoding");
    const bool has_body = status >= 200 && status != 204 && status != 304;
    if (!framed && has_body) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text.append("\r\n").append(body);
}

connection_handler answer_with(std::function<std::string(const received_request&)> answer) {
    return [answer = std::move(answer)](server_stream& client) { return answer_each(client, answer); };
}

}  // namespace skein::testing
