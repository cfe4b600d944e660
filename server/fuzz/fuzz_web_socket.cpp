#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/_experimental/test/stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "fuzz/program.hpp"
#include "fuzz/target.hpp"
#include "http/web_socket_stream.hpp"

// What a browser, or somebody who says so, sends over a WebSocket, and how TCP cut it: sound frames,
// and bytes of any kind. However it is cut, each message comes out once and whole, none is longer
// than allowed, and nothing comes after the first thing that is wrong.
namespace offhook::fuzz {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

using Messages = std::vector<std::string>;

// RFC 6455 5.2.
enum class Opcode : std::uint8_t { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping, Pong };

struct Conversation {
  std::string bytes;
  Messages messages;     // that `bytes` has to bring
  bool is_over = false;  // nothing comes after: closed, or a message was too long
  bool is_known = true;  // no bytes of any kind among the frames
};

std::string frame(Program& program, Opcode opcode, std::string_view payload, bool is_final = true) {
  std::string text;
  const auto put = [&](std::size_t value) { text += static_cast<char>(value); };
  put((is_final ? 0x80U : 0U) | static_cast<std::uint8_t>(opcode));
  const std::size_t length_bytes = payload.size() < 126 ? 0 : payload.size() < 65'536 ? 2 : 8;
  put(0x80U | (length_bytes == 0 ? payload.size() : length_bytes == 2 ? 126 : 127));
  for (std::size_t at = length_bytes; at-- > 0;) put(payload.size() >> (8 * at) & 0xFF);
  std::array<std::uint8_t, 4> mask{};
  for (std::uint8_t& byte : mask) byte = program.byte();
  for (const std::uint8_t byte : mask) put(byte);
  for (std::size_t at = 0; at < payload.size(); ++at) {
    put(static_cast<std::uint8_t>(payload[at]) ^ mask[at % mask.size()]);
  }
  return text;
}

std::string ascii(ByteView bytes) {
  std::string text(as_text(bytes));
  for (char& each : text) each = static_cast<char>(each & 0x7F);
  return text;
}

// A message whole or in pieces, with a ping before each piece.
void add_message(Program& program, Conversation& conversation) {
  std::string message;
  const std::size_t pieces = 1 + program.below(4);
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    std::string payload = ascii(program.bytes());
    if (program.below(8) == 0) payload.append(program.byte() * std::size_t{300}, 'x');
    if (program.flag()) conversation.bytes += frame(program, Opcode::Ping, "ping");
    conversation.bytes += frame(program, piece == 0 ? Opcode::Text : Opcode::Continuation, payload,
                                piece + 1 == pieces);
    message += payload;
  }
  if (message.size() > limits::kSipMessageBytes) conversation.is_over = true;
  if (!conversation.is_over) conversation.messages.push_back(std::move(message));
}

Conversation conversation_of(Program& program) {
  Conversation conversation;
  while (!program.done() && conversation.bytes.size() < 4 * limits::kSipMessageBytes) {
    switch (program.below(8)) {
      case 0:
        conversation.bytes += as_text(program.bytes());
        conversation.is_known = false;
        break;
      case 1:
        conversation.bytes += frame(program, Opcode::Close, program.flag() ? "\x03\xE8" : "");
        conversation.is_over = true;
        break;
      case 2:
        conversation.bytes += frame(program, Opcode::Pong, as_text(program.bytes()).substr(0, 125));
        break;
      case 3: {
        const std::string payload(as_text(program.bytes()));
        conversation.bytes += frame(program, Opcode::Binary, payload);
        if (!conversation.is_over) conversation.messages.push_back(payload);
        break;
      }
      default:
        add_message(program, conversation);
    }
    if (!conversation.is_known) conversation.is_over = true;
  }
  return conversation;
}

wire::request<wire::string_body> upgrade() {
  wire::request<wire::string_body> request(wire::verb::get, "/sip", 11);
  request.set(wire::field::host, "example.com");
  request.set(wire::field::upgrade, "websocket");
  request.set(wire::field::connection, "Upgrade");
  request.set(wire::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  request.set(wire::field::sec_websocket_version, "13");
  request.set(wire::field::sec_websocket_protocol, "sip");
  request.set(wire::field::sec_websocket_extensions, "permessage-deflate");
  return request;
}

// Cut after each of these lengths in turn.
Messages read(std::string_view bytes, const std::vector<std::size_t>& lengths) {
  asio::io_context context;
  beast::websocket::stream<beast::test::stream> stream(context);
  beast::test::stream browser(context);
  stream.next_layer().connect(browser);
  http::configure_web_socket(stream, limits::kWebSocketSilence);
  stream.accept(upgrade());

  Messages messages;
  bool is_over = false;
  asio::co_spawn(context,
                 http::read_web_socket(
                     stream, [&](std::string_view message) { messages.emplace_back(message); }),
                 [&](const std::exception_ptr& error) {
                   OFFHOOK_ASSERT(!error);
                   is_over = true;
                 });
  for (std::size_t piece = 0; !bytes.empty() && !is_over; ++piece) {
    const std::size_t length = std::min(bytes.size(), lengths[piece % lengths.size()]);
    stream.next_layer().append(bytes.substr(0, length));
    bytes.remove_prefix(length);
    context.restart();
    context.poll();
  }
  browser.close();
  context.restart();
  context.poll();
  OFFHOOK_ASSERT(is_over);
  return messages;
}

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  fuzz::Program program({data, size});
  std::vector<std::size_t> lengths(1 + program.below(8));
  for (std::size_t& length : lengths) length = 1 + program.byte();
  const fuzz::Conversation conversation = fuzz::conversation_of(program);
  // A long conversation in single bytes would take seconds.
  for (std::size_t& length : lengths) length += conversation.bytes.size() / 512;

  const fuzz::Messages messages = fuzz::read(conversation.bytes, lengths);
  OFFHOOK_ASSERT(fuzz::read(conversation.bytes, {conversation.bytes.size()}) == messages);
  OFFHOOK_ASSERT(messages.size() >= conversation.messages.size());
  OFFHOOK_ASSERT(
      std::equal(conversation.messages.begin(), conversation.messages.end(), messages.begin()));
  OFFHOOK_ASSERT(!conversation.is_known || messages.size() == conversation.messages.size());
  for (const std::string& message : messages) {
    OFFHOOK_ASSERT(message.size() <= limits::kSipMessageBytes);
  }
  return 0;
}
