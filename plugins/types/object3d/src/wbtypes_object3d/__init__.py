"""Point clouds, lidar scenes and meshes, alone or in batches."""

from .codec import Object3DBatchCodec, Object3DCodec
from .values import Object3D, box3d

__version__ = "1.0.0"

__all__ = ["Object3D", "Object3DBatchCodec", "Object3DCodec", "box3d"]
