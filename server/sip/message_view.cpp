#include "sip/message_view.hpp"

#include "base/assert.hpp"

namespace offhook::sip {

// Those of the first `ids` of the table.
void MessageView::read_headers(Headers& headers, std::size_t ids) const {
  for (std::size_t index = 0; index < line_count_; ++index) {
    const Line& line = lines_.at(index);
    if (std::size_t(line.id) >= ids) continue;
    header_rule(line.id).read(headers, std::string_view(bytes_).substr(line.at, line.size));
  }
}

Request MessageView::to_request() const {
  OFFHOOK_ASSERT(is_request());
  Request request;
  request.method = method_;
  if (method_ == Method::Unknown) request.unknown_method = method_token_;
  request.uri = uri_.to_uri();
  read_headers(request.headers, kHeaderIds);
  request.body = body_;
  return request;
}

Response MessageView::to_response() const {
  OFFHOOK_ASSERT(!is_request());
  Response response;
  response.status = status_;
  response.reason_phrase = reason_phrase_;
  read_headers(response.headers, kHeaderIds);
  response.body = body_;
  return response;
}

Message MessageView::to_message() const {
  return is_request() ? Message(to_request()) : Message(to_response());
}

Result<Message, ParseError> parse_message(std::string_view bytes) {
  auto view = MessageView::parse(std::string(bytes));
  if (!view) return std::unexpected(std::move(view).error());
  return view->to_message();
}

}  // namespace offhook::sip
