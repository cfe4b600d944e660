#include "media/control_server.hpp"

#include <utility>
#include <variant>

#include <sys/epoll.h>

#include "control/message.hpp"

namespace offhook::media {

ControlServer::ControlServer(control::Listener listener, int epoll, std::uint64_t listener_tag,
                             std::uint64_t connection_tag, LogSink log)
    : listener_(std::move(listener)),
      epoll_(epoll),
      connection_tag_(connection_tag),
      log_(std::move(log)) {
  watch(EPOLL_CTL_ADD, listener_.fd(), listener_tag, EPOLLIN);
}

void ControlServer::watch(int operation, int fd, std::uint64_t tag, std::uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  ::epoll_ctl(epoll_, operation, fd, &event);
}

void ControlServer::watch_writable(bool wanted) {
  if (wanted == watching_writable_) return;
  watching_writable_ = wanted;
  watch(EPOLL_CTL_MOD, connection_->fd(), connection_tag_,
        EPOLLIN | (wanted ? std::uint32_t{EPOLLOUT} : 0U));
}

bool ControlServer::handle_listener_ready() {
  bool is_new = false;
  while (auto accepted = listener_.accept()) {
    if (connection_) disconnect("a newer signal process took over");
    connection_ = std::move(*accepted);
    watching_writable_ = false;
    watch(EPOLL_CTL_ADD, connection_->fd(), connection_tag_, EPOLLIN);
    log_(LogLevel::Info, "signal_connected", {});
    is_new = true;
  }
  return is_new;
}

void ControlServer::handle_connection_ready() {
  if (!connection_) return;
  if (const auto flushed = connection_->flush(); !flushed) {
    return disconnect(flushed.error().message);
  }
  watch_writable(connection_->wants_to_write());
}

std::optional<control::Command> ControlServer::next_command() {
  while (connection_) {
    const auto received = connection_->receive();
    if (const auto* packet = std::get_if<control::Connection::Packet>(&received)) {
      auto command = control::decode_command(packet->bytes);
      if (command) return std::move(*command);
      log_(LogLevel::Error, "control_packet_refused", {{"reason", command.error().message}});
    } else if (const auto* closed = std::get_if<control::Connection::Closed>(&received)) {
      disconnect(closed->reason);
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

void ControlServer::send(const control::Event& event) {
  if (!connection_) return;
  auto packet = control::encode(event);
  if (!packet) {
    return log_(LogLevel::Error, "event_not_sent", {{"reason", packet.error().message}});
  }
  // A message without any field is zero bytes, which would read as the end: there is none such.
  if (const auto sent = connection_->send(std::move(*packet)); !sent) {
    return disconnect(sent.error().message);
  }
  watch_writable(connection_->wants_to_write());
}

void ControlServer::disconnect(const std::string& reason) {
  connection_.reset();
  log_(LogLevel::Warning, "signal_disconnected", {{"reason", reason}});
}

}  // namespace offhook::media
