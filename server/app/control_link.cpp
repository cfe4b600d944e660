#include "app/control_link.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include "control/message.hpp"

namespace offhook::app {

namespace {

// Events in one turn of the loop, so that a talkative media process leaves time for the sockets.
constexpr int kEventsPerTurn = 64;

}  // namespace

ControlLink::ControlLink(io::EventLoop& loop, std::string path, Handlers handlers)
    : loop_(loop),
      path_(std::move(path)),
      handlers_(std::move(handlers)),
      back_off_(std::chrono::milliseconds(20), std::chrono::seconds(1)),
      timer_(loop, [this] { broken_.empty() ? connect() : lose(broken_); }) {
  timer_.set(io::now());
}

void ControlLink::connect() {
  Result<control::Connection> connection = control::Connection::connect(path_);
  if (!connection) {
    timer_.set(io::now() + back_off_.next());
    return;
  }
  back_off_.reset();
  connection_.emplace(std::move(*connection));
  watch_ = std::make_unique<io::DescriptorWatch>(
      loop_, connection_->fd(), [this] { receive(); }, [this] { flush(); });
  handlers_.on_connected();
}

void ControlLink::send(const control::Command& command) {
  if (!is_connected() || !broken_.empty()) return;
  Result<std::string> packet = control::encode(command);
  if (!packet) return lose_later(packet.error().message);
  if (const auto sent = connection_->send(std::move(*packet)); !sent) {
    return lose_later(sent.error().message);
  }
  if (connection_->wants_to_write()) watch_->wait_until_writable();
}

void ControlLink::flush() {
  if (!is_connected()) return;
  if (const auto flushed = connection_->flush(); !flushed) return lose(flushed.error().message);
  if (connection_->wants_to_write()) watch_->wait_until_writable();
}

void ControlLink::receive() {
  for (int i = 0; i < kEventsPerTurn && is_connected(); ++i) {
    const control::Connection::Received received = connection_->receive();
    if (std::holds_alternative<control::Connection::Nothing>(received)) return;
    if (const auto* closed = std::get_if<control::Connection::Closed>(&received)) {
      return lose(closed->reason);
    }
    const Result<control::Event> event =
        control::decode_event(std::get<control::Connection::Packet>(received).bytes);
    if (!event) return lose(event.error().message);
    handlers_.on_event(*event);
  }
}

// From within send(), whose caller does not expect on_lost before it returns.
void ControlLink::lose_later(std::string reason) {
  broken_ = std::move(reason);
  timer_.set(io::now());
}

void ControlLink::lose(std::string_view reason) {
  const std::string why(reason);  // the original may live in what ends here
  watch_.reset();
  connection_.reset();
  broken_.clear();
  timer_.set(io::now() + back_off_.next());
  handlers_.on_lost(why);
}

}  // namespace offhook::app
