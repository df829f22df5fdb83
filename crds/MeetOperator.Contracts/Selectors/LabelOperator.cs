namespace MeetOperator.Contracts;

/// <summary>Operator of a label requirement.</summary>
public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
