using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.Runtime.Informers;

/// <summary>
/// Calls subscribers in order. One lock covers a store change and its callbacks, so that a new subscriber gets every object exactly once.
/// </summary>
internal sealed class Subscriptions<T>(InformerStore<T> store, string kind, ILogger logger)
    where T : KubernetesObject
{
    private readonly Lock _gate = new();
    private readonly List<Subscription> _all = [];

    public IDisposable Add(Action<InformerChange<T>> callback)
    {
        var subscription = new Subscription(this, callback);
        lock (_gate)
        {
            foreach (var item in store.List())
            {
                Invoke(subscription, new InformerChange<T>(InformerChangeType.Added, null, item));
            }

            _all.Add(subscription);
        }

        return subscription;
    }

    public void Publish(Func<IReadOnlyList<InformerChange<T>>> change)
    {
        lock (_gate)
        {
            foreach (var item in change())
            {
                foreach (var subscription in _all.ToArray())
                {
                    Invoke(subscription, item);
                }
            }
        }
    }

    private void Invoke(Subscription subscription, InformerChange<T> change)
    {
        try
        {
            subscription.Callback(change);
        }
        catch (Exception e)
        {
            // An exception in one subscriber must not affect other subscribers or the informer.
            logger.SubscriberFailed(e, kind, change.Type, change.Key);
        }
    }

    private sealed class Subscription(Subscriptions<T> owner, Action<InformerChange<T>> callback) : IDisposable
    {
        public Action<InformerChange<T>> Callback { get; } = callback;

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._all.Remove(this);
            }
        }
    }
}
