"""Things before faces: hands, what people hold and wear, what of a scene is nearer."""
