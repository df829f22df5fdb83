using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Allocation;

/// <summary>One quality in which a track can be sent.</summary>
/// <param name="Layer">The index of the layer in the list of layers.</param>
/// <param name="Target">The best of its decode targets that is sent; <see cref="LayerTargets.Highest"/> for all of it.</param>
internal readonly record struct LayerStep(byte Layer, byte Target);
