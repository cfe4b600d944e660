#pragma once

#include <functional>
#include <memory>

#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"

namespace offhook::io {

// Takes TCP connections on one endpoint.
class StreamListener {
 public:
  // `local` is the address that the peer connected to. The listener must not be destroyed from within.
  using OnAccepted =
      std::function<void(FileDescriptor fd, const Endpoint& local, const Endpoint& remote)>;

  // Port 0 lets the system choose. An error names the address and what is wrong with it.
  [[nodiscard]] static Result<std::unique_ptr<StreamListener>> listen(EventLoop& loop,
                                                                      const Endpoint& local,
                                                                      OnAccepted on_accepted);

  // As bound: the wildcard address stays the wildcard address.
  [[nodiscard]] const Endpoint& local() const { return local_; }

 private:
  StreamListener(EventLoop& loop, FileDescriptor fd, const Endpoint& local, OnAccepted on_accepted);
  void watch();
  void accept();
  bool accept_one();

  EventLoop& loop_;
  FileDescriptor fd_;
  Endpoint local_;
  OnAccepted on_accepted_;
  Timer pause_;
  std::unique_ptr<DescriptorWatch> watch_;
};

}  // namespace offhook::io
