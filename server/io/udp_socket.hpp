#pragma once

#include <functional>
#include <memory>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::io {

// A bound UDP socket of one address family.
class UdpSocket {
 public:
  struct Handlers {
    // `local` is the address the datagram was sent to, also where the socket is bound to the
    // wildcard address. `bytes` is valid during the call. The socket must not be destroyed from
    // within a handler.
    std::function<void(ByteView bytes, const Endpoint& local, const Endpoint& remote)> on_datagram;
    // The network said by ICMP that what we sent to `remote` cannot arrive. `quoted` is the start
    // of that datagram, as far as the error tells: some 500 bytes from today's routers (RFC 1812
    // 4.3.2.3), none from old ones. Anybody can make up such an error.
    std::function<void(const Endpoint& remote, ByteView quoted)> on_unreachable;
  };

  // Port 0 lets the system choose. An error names the address and what is wrong with it.
  [[nodiscard]] static Result<std::unique_ptr<UdpSocket>> bind(EventLoop& loop,
                                                               const Endpoint& local,
                                                               Handlers handlers);

  // The two halves of bind(), for a socket that is opened by one process and used by another.
  [[nodiscard]] static Result<FileDescriptor> open(const Endpoint& local);
  [[nodiscard]] static std::unique_ptr<UdpSocket> adopt(EventLoop& loop, FileDescriptor fd,
                                                        Handlers handlers);

  // As bound: the wildcard address stays the wildcard address.
  [[nodiscard]] const Endpoint& local() const { return local_; }
  // From `source`, which is one of our addresses, or from the one that routing chooses if `source`
  // is unspecified. What the system cannot send at once is lost, as on the wire.
  void send(ByteView bytes, const Endpoint& remote, const IpAddress& source = {});

 private:
  UdpSocket(EventLoop& loop, FileDescriptor fd, const Endpoint& local, Handlers handlers);
  void receive();
  bool receive_one();
  void receive_errors();

  FileDescriptor fd_;
  Endpoint local_;
  Handlers handlers_;
  DescriptorWatch watch_;
};

}  // namespace offhook::io
