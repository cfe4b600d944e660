#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "sip/message.hpp"
#include "sip/parser_lexer.hpp"
#include "sip/uri_view.hpp"

// Values of single header fields, as views into the text that they were found well formed in. Each
// parser takes a whole value, white space at its ends included, and gives nullopt or false for what
// is malformed.
namespace offhook::sip {

struct ViaView {
  std::string_view transport;  // as sent, in any case
  std::string_view host;
  std::optional<std::uint16_t> port;
  ParametersView parameters;

  [[nodiscard]] TextView branch() const { return parameters.get("branch"); }
  [[nodiscard]] Via to_via() const;
};

struct AddressView {
  TextView display_name;
  UriView uri;
  ParametersView parameters;

  [[nodiscard]] TextView tag() const { return parameters.get("tag"); }
  [[nodiscard]] NameAddress to_name_address() const;
};

struct CSeqView {
  std::uint32_t number = 0;  // below 2^31
  std::string_view method;

  [[nodiscard]] CSeq to_cseq() const;
};

struct ReplacesView {
  std::string_view call_id;
  ParametersView parameters;

  [[nodiscard]] Replaces to_replaces() const;
};

// Of an element of a list: whether it was there and is ours; a scheme that is not ours (tel:,
// mailto:) is well formed, but left out of every list.
enum class Element : std::uint8_t { Taken, Foreign, Malformed };
[[nodiscard]] Element take_via(Lexer& lexer, ViaView& via);
[[nodiscard]] Element take_address(Lexer& lexer, AddressView& address);

// Calls `each` for every element of ours of a comma-separated list, of which there may be `room`;
// false where it is malformed or longer.
template <typename View>
[[nodiscard]] bool walk_elements(std::string_view value, std::size_t room,
                                 Element (*take)(Lexer&, View&), auto&& each) {
  Lexer lexer(value);
  do {
    View view;
    if (room == 0) return false;
    const Element element = take(lexer, view);
    if (element == Element::Malformed) return false;
    if (element == Element::Foreign) continue;
    each(view);
    --room;
  } while (lexer.take(','));
  return lexer.at_end();
}

// Exactly one, with a URI of ours.
[[nodiscard]] std::optional<AddressView> parse_address(std::string_view value);
[[nodiscard]] std::optional<CSeqView> parse_cseq(std::string_view value);
[[nodiscard]] bool is_call_id(std::string_view value);
// Digits, saturating at 2^32 - 1 as RFC 3261 20.19 bounds it.
[[nodiscard]] std::optional<std::chrono::seconds> parse_delta_seconds(std::string_view value);
// Session-Expires, Min-SE: delta-seconds and parameters (RFC 4028 4, 5). A refresher that we do not
// know is none.
[[nodiscard]] std::optional<SessionExpires> parse_session_expires(std::string_view value);

// One, with both tags, each once (RFC 3891 6.1).
[[nodiscard]] std::optional<ReplacesView> view_replaces(std::string_view value);

// Two numbers and a method (RFC 3262 7.2).
[[nodiscard]] std::optional<RAck> parse_rack(std::string_view value);

// Comma-separated text outside quotes: the next element, trimmed, "" for an empty one; nullopt at
// the end.
class TextList {
 public:
  explicit TextList(std::string_view value) : lexer_(value) {}

  [[nodiscard]] std::optional<std::string_view> next();
  // The text ended inside a quoted string, which is given to nobody.
  [[nodiscard]] bool is_malformed() const { return malformed_; }

 private:
  Lexer lexer_;
  bool ended_ = false;
  bool malformed_ = false;
};

// Of the scheme Digest, and well formed.
[[nodiscard]] bool is_digest(std::string_view value);
[[nodiscard]] bool is_well_formed_digest(std::string_view value);
// nullopt for what is not, and for a challenge without realm or nonce.
[[nodiscard]] std::optional<Challenge> parse_challenge(std::string_view value);
[[nodiscard]] std::optional<Credentials> parse_credentials(std::string_view value);

}  // namespace offhook::sip
