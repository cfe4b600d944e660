#include "app/sip_connection.hpp"

#include <utility>
#include <variant>

namespace offhook::app {

namespace {

constexpr std::string_view kPing = "\r\n\r\n";  // RFC 5626 4.4.1
constexpr std::string_view kPong = "\r\n";

}  // namespace

SipConnection::SipConnection(io::EventLoop& loop, std::string name,
                             const sip::StreamWatch::Config& watch, Handlers handlers,
                             const Open& open)
    : name_(std::move(name)),
      handlers_(std::move(handlers)),
      watch_(watch, io::now()),
      timer_(loop, [this] { handle_timeout(); }) {
  stream_ = open({.on_bytes = [this](std::string_view bytes) { handle_bytes(bytes); },
                  .on_closed =
                      [this](const std::string& reason) {
                        const auto on_gone = std::move(handlers_.on_gone);
                        const std::string why = reason_.empty() ? reason : reason_;
                        on_gone(why);
                      }});
  timer_.set(watch_.next_timeout());
}

void SipConnection::send(std::string_view message) { stream_->send(message); }

void SipConnection::close_in_order() {
  is_closing_ = true;
  timer_.set(std::nullopt);
  stream_->close_in_order();
}

void SipConnection::handle_bytes(std::string_view bytes) {
  framing_.add(bytes);
  bool ended_message = false;
  while (!is_closing_) {
    auto next = framing_.next();
    if (!next) {
      reason_ = name_ + " sent what cannot be read: " + next.error().message;
      return close_in_order();  // our answer goes out, if there is one
    }
    if (!*next) break;
    if (const auto* frame = std::get_if<sip::StreamFraming::Frame>(&**next)) {
      ended_message = true;
      handlers_.on_message(frame->message);
    } else if (std::holds_alternative<sip::StreamFraming::Ping>(**next)) {
      stream_->send(kPong);
    } else if (bytes == kPong) {  // in one segment with more it may be half of a ping
      watch_.handle_pong();
    }
  }
  if (is_closing_) return;
  watch_.handle_bytes(ended_message, framing_.is_within_message(), io::now());
  timer_.set(watch_.next_timeout());
}

void SipConnection::handle_timeout() {
  watch_.handle_timeout(io::now());
  while (const auto output = watch_.poll_output()) {
    if (const auto* end = std::get_if<sip::StreamWatch::GiveUp>(&*output)) {
      stream_.reset();
      const auto on_gone = std::move(handlers_.on_gone);
      return on_gone(name_ + " " + end->reason);
    }
    framing_.expect_pong();
    stream_->send(kPing);
  }
  timer_.set(watch_.next_timeout());
}

}  // namespace offhook::app
